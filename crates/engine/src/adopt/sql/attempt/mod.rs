//! Runs one file on a scratch database, statement by statement, and takes it back or keeps it. A statement that fails
//! is left out and the rest goes on, so that everything that is wrong is known at once.

mod refused;
mod sequences;
mod statement;

use cutover_core::adopt::folder::Part;
use cutover_core::adopt::needs;
use cutover_core::adopt::script::Item;
use cutover_sql::statement::{Statement, Transaction};
use cutover_sql::tree::NodeEnum;
use tokio_postgres::Client;

use super::hidden::{self, Hidden};
use super::replay::guarded_role;
use crate::schema::{Bench, SchemaError};
use crate::session::{SessionError, Settings};
use refused::{failed, not_run};
use sequences::Sequences;

/// What became of the statements of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Those that did not run.
    pub failed: Vec<Failed>,
    /// Definitions that `IF NOT EXISTS` hid behind another one.
    pub hidden: Vec<Hidden>,
}

/// A statement that did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its place among the items.
    pub item: usize,
    /// PostgreSQL's message, or why it was not even tried.
    pub message: String,
    /// Why.
    pub why: Why,
}

/// Why a statement did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Something is not there, or not yet.
    Missing,
    /// The server has no such extension.
    Extension(String),
    /// The server refuses it in any order.
    Refused,
    /// It is no statement, or is not of one database.
    NotRun,
}

impl Outcome {
    /// What was left out, with the reason.
    pub fn reason(&self, item: usize) -> Option<&str> {
        self.failed.iter().find(|it| it.item == item).map(|it| it.message.as_str())
    }

    /// The first statement that the server refused.
    pub fn first_error(&self) -> Option<&Failed> {
        self.failed.iter().find(|it| it.why != Why::NotRun)
    }
}

/// How a file is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then<'a> {
    /// Nothing of it stays.
    TakeBack,
    /// What ran stays; what failed when it was tried out is not run again.
    Keep(&'a Outcome),
}

/// So many rows that stand one after the other in a file are inserted at once.
const AT_ONCE: usize = 1000;

/// Runs a file.
///
/// # Errors
/// When the connection is lost.
pub async fn run(
    bench: &Bench,
    part: &Part,
    items: &[Item],
    then: Then<'_>,
    settings: &Settings,
) -> Result<Outcome, SchemaError> {
    let client = bench.session.client();
    let sequences = Sequences::read(client, then).await?;
    let version = bench.session.facts.version;
    own(client, &format!("RESET ALL; {}; SET client_min_messages = notice; BEGIN", settings.pin(version)))
        .await?;
    drop(bench.session.connected.notices());
    let mut attempt = Attempt { bench, part, items, then, outcome: Outcome::default(), alone_until: 0 };
    let mut at = 0;
    while at < items.len() {
        at = match attempt.rows(at).await? {
            Some(next) => next,
            None => {
                attempt.item(at).await?;
                at + 1
            }
        };
    }
    own(client, if matches!(then, Then::Keep(_)) { "COMMIT" } else { "ROLLBACK" }).await?;
    // a file has a session of its own
    own(client, &format!("DISCARD TEMP; {}", Settings::release())).await?;
    sequences.set_back(client).await?;
    Ok(attempt.outcome)
}

/// A file that is being run.
struct Attempt<'a> {
    bench: &'a Bench,
    part: &'a Part,
    items: &'a [Item],
    then: Then<'a>,
    outcome: Outcome,
    /// Up to where rows are inserted one by one, as one of them fails.
    alone_until: usize,
}

impl Attempt<'_> {
    /// Inserts the rows that begin at an item, many at once, and says where they end. Nothing where there are none, or
    /// where one fails: then they go one by one.
    async fn rows(&mut self, at: usize) -> Result<Option<usize>, SchemaError> {
        let is_row = |at: usize| self.items[at].is_rows() && self.known(at).is_none();
        let most = self.items.len().min(at + AT_ONCE);
        let end = (at..most).find(|at| !is_row(*at)).unwrap_or(most);
        if end < at + 2 || at < self.alone_until {
            return Ok(None);
        }
        let (first, last) = (self.items[at].span.start, self.items[end - 1].span.end);
        let sql = self.part.sql.get(first..last).unwrap_or_default();
        let client = self.bench.session.client();
        // no savepoint gives back a number of a sequence
        let sequences = Sequences::read(client, self.then).await?;
        match statement::within(client, sql, None, self.then).await {
            Ok(()) => return Ok(Some(end)),
            Err(error) if error.as_db_error().is_some() => {
                self.alone_until = end;
                sequences.set_back(client).await?;
            }
            Err(source) => return Err(SessionError::Query { what: "rows of the folder", source }.into()),
        }
        Ok(None)
    }

    /// What it came to when the file was tried out.
    fn known(&self, at: usize) -> Option<&Failed> {
        match self.then {
            Then::Keep(tried) => tried.failed.iter().find(|it| it.item == at),
            Then::TakeBack => None,
        }
    }

    async fn item(&mut self, at: usize) -> Result<(), SchemaError> {
        let item = &self.items[at];
        if let Some(message) = not_run(item) {
            self.outcome.failed.push(Failed { item: at, message, why: Why::NotRun });
            return Ok(());
        }
        let Some((statement, node)) = item.statement() else { return Ok(()) };
        if let Some(failed) = self.known(at).cloned() {
            self.outcome.failed.push(failed);
            return Ok(());
        }
        let text = statement.span.text(&self.part.sql);
        // as it is written into the revision: another replay may have made the role
        let guarded = needs::created_role(node).map(|role| guarded_role(role, text));
        let sql = guarded.as_deref().unwrap_or(text);
        if let Err(error) = self.statement(statement, node, sql).await {
            self.outcome.failed.push(failed(at, node, error)?);
            return Ok(());
        }
        let notices = self.bench.session.connected.notices();
        if notices.iter().any(|it| it.message.ends_with("already exists, skipping")) {
            let client = self.bench.session.client();
            self.outcome.hidden.extend(hidden::look(client, at, sql, node).await?);
        }
        Ok(())
    }

    async fn statement(
        &self,
        statement: &Statement,
        node: &NodeEnum,
        sql: &str,
    ) -> Result<(), tokio_postgres::Error> {
        let client = self.bench.session.client();
        let data = statement.copy_data.map(|data| data.text(&self.part.sql));
        let is_alone = matches!(statement.traits.transaction, Transaction::Outside(_));
        match (is_alone, self.then) {
            (false, _) => statement::within(client, sql, data, self.then).await,
            (true, Then::Keep(_)) => statement::alone(client, sql).await,
            (true, Then::TakeBack) => match statement::inside(node) {
                Some(sql) => statement::within(client, &sql, None, self.then).await,
                None => Ok(()),
            },
        }
    }
}

async fn own(client: &Client, sql: &str) -> Result<(), SchemaError> {
    let what = "a transaction on the scratch database";
    client.batch_execute(sql).await.map_err(|source| SessionError::Query { what, source }.into())
}
