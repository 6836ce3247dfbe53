//! Runs one file on a scratch database, statement by statement, and takes it back or keeps it. A statement that fails
//! is left out and the rest goes on, so that everything that is wrong is known at once.

use bytes::Bytes;
use cutover_core::adopt::folder::Part;
use cutover_core::adopt::needs;
use cutover_core::adopt::script::{Item, What};
use cutover_sql::statement::{Outside, Transaction};
use cutover_sql::tree::{self, AlterTableType, NodeEnum};
use futures_util::SinkExt as _;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::hidden::{self, Hidden};
use super::replay::guarded_role;
use crate::schema::{Bench, SchemaError};
use crate::session::{SessionError, Settings, rows};

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
    let mut outcome = Outcome::default();
    for (at, item) in items.iter().enumerate() {
        if let Some(message) = not_run(item) {
            outcome.failed.push(Failed { item: at, message, why: Why::NotRun });
            continue;
        }
        let Some((statement, node)) = item.statement() else { continue };
        if let Then::Keep(tried) = then
            && let Some(failed) = tried.failed.iter().find(|it| it.item == at)
        {
            outcome.failed.push(failed.clone());
            continue;
        }
        let is_alone = matches!(statement.traits.transaction, Transaction::Outside(_));
        let data = statement.copy_data.map(|data| data.text(&part.sql));
        let text = statement.span.text(&part.sql);
        // as it is written into the revision: another replay may have made the role
        let guarded = needs::created_role(node).map(|role| guarded_role(role, text));
        let sql = guarded.as_deref().unwrap_or(text);
        let done = match (is_alone, then) {
            (false, _) => within(client, sql, data, then).await,
            (true, Then::Keep(_)) => alone(client, sql).await,
            (true, Then::TakeBack) => match inside(node) {
                Some(sql) => within(client, &sql, None, then).await,
                None => Ok(()),
            },
        };
        if let Err(error) = done {
            outcome.failed.push(failed(at, node, error)?);
            continue;
        }
        let notices = bench.session.connected.notices();
        if notices.iter().any(|it| it.message.ends_with("already exists, skipping")) {
            outcome.hidden.extend(hidden::look(client, at, sql, node).await?);
        }
    }
    own(client, if matches!(then, Then::Keep(_)) { "COMMIT" } else { "ROLLBACK" }).await?;
    // a file has a session of its own
    own(client, &format!("DISCARD TEMP; {}", Settings::release())).await?;
    sequences.set_back(client).await?;
    Ok(outcome)
}

/// Why an item is not given to the server, where it is not.
fn not_run(item: &Item) -> Option<String> {
    match &item.what {
        What::Broken(message) => Some(message.clone()),
        What::Meta(command) => Some(format!("{command} is a command of psql, not SQL")),
        What::TakenBack(_) => Some("the file takes it back with a ROLLBACK".to_owned()),
        What::Control(_) => None,
        What::Statement(it) => match &it.0.traits.transaction {
            Transaction::Outside(outside) => of_server(outside),
            Transaction::Inside | Transaction::Control(_) => None,
        },
    }
}

fn of_server(outside: &Outside) -> Option<String> {
    if matches!(outside, Outside::Discard) {
        return Some("it would undo the settings that a run is under".to_owned());
    }
    let is_of_server = matches!(
        outside,
        Outside::CreateDatabase { .. }
            | Outside::DropDatabase { .. }
            | Outside::AlterDatabaseTablespace
            | Outside::CreateTablespace { .. }
            | Outside::DropTablespace { .. }
            | Outside::AlterSystem
            | Outside::Subscription { .. }
    );
    is_of_server.then(|| "it is of the whole server, or of another one, and not of this database".to_owned())
}

/// A form that can be taken back of a statement that runs alone; nothing where there is none.
fn inside(node: &NodeEnum) -> Option<String> {
    let mut node = node.clone();
    match &mut node {
        NodeEnum::IndexStmt(it) => it.concurrent = false,
        NodeEnum::DropStmt(it) => it.concurrent = false,
        NodeEnum::AlterTableStmt(it) => {
            for command in &mut it.cmds {
                if let Some(NodeEnum::AlterTableCmd(command)) = &mut command.node
                    && command.subtype() == AlterTableType::AtDetachPartition
                    && let Some(NodeEnum::PartitionCmd(part)) =
                        command.def.as_mut().and_then(|def| def.node.as_mut())
                {
                    part.concurrent = false;
                }
            }
        }
        _ => return None,
    }
    tree::to_sql(&node)
}

/// Runs a statement in the transaction; when it fails, it alone is taken back.
async fn within(
    client: &Client,
    sql: &str,
    data: Option<&str>,
    then: Then<'_>,
) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("SAVEPOINT cutover_adopt").await?;
    let Err(error) = statement(client, sql, data).await else {
        return client.batch_execute("RELEASE SAVEPOINT cutover_adopt").await;
    };
    client.batch_execute("ROLLBACK TO SAVEPOINT cutover_adopt").await?;
    // PostgreSQL lets a new value of an enum be used after a COMMIT, and a run makes one there
    match (error.code() == Some(&SqlState::UNSAFE_NEW_ENUM_VALUE_USAGE), then) {
        (false, _) => Err(error),
        (true, Then::TakeBack) => Ok(()),
        (true, Then::Keep(_)) => {
            client.batch_execute("COMMIT; BEGIN").await?;
            client.batch_execute("SAVEPOINT cutover_adopt").await?;
            let again = statement(client, sql, data).await;
            let end = if again.is_ok() { "RELEASE" } else { "ROLLBACK TO" };
            client.batch_execute(&format!("{end} SAVEPOINT cutover_adopt")).await?;
            again
        }
    }
}

/// An index that could not be built concurrently stays behind as an invalid one; a run of ours drops it, too. The lock is
/// taken on a scratch database, where nobody waits for it.
const DROP_INVALID: &str = "DO $$ DECLARE one regclass; BEGIN FOR one IN SELECT i.indexrelid::regclass FROM pg_index i \
    JOIN pg_class c ON c.oid = i.indrelid WHERE NOT i.indisvalid AND c.relkind IN ('r', 'm') \
    LOOP EXECUTE 'DROP INDEX ' || one; END LOOP; END $$";

/// Runs a statement between two transactions.
async fn alone(client: &Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("COMMIT").await?;
    let done = client.batch_execute(sql).await;
    if done.is_err() {
        client.batch_execute(DROP_INVALID).await?;
    }
    client.batch_execute("BEGIN").await?;
    done
}

async fn statement(client: &Client, sql: &str, data: Option<&str>) -> Result<(), tokio_postgres::Error> {
    let Some(data) = data else { return client.batch_execute(sql).await };
    let sink = client.copy_in::<_, Bytes>(sql).await?;
    futures_util::pin_mut!(sink);
    sink.send(Bytes::copy_from_slice(data.as_bytes())).await?;
    sink.close().await
}

/// Where sequences stand: no ROLLBACK takes a value back that was given, and a file may name the next one.
/// Source: <https://www.postgresql.org/docs/current/functions-sequence.html>.
struct Sequences(Option<Vec<String>>);

const SEQUENCES: &str = "SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename), \
    coalesce(last_value, start_value), last_value IS NOT NULL) FROM pg_catalog.pg_sequences";

impl Sequences {
    /// Takes down where they stand, when they are to be set back.
    async fn read(client: &Client, then: Then<'_>) -> Result<Self, SchemaError> {
        if matches!(then, Then::Keep(_)) {
            return Ok(Self(None));
        }
        let found = rows(client, SEQUENCES, "reading the sequences").await?;
        Ok(Self(Some(found.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())))
    }

    async fn set_back(self, client: &Client) -> Result<(), SchemaError> {
        let Some(all) = self.0.filter(|all| !all.is_empty()) else { return Ok(()) };
        own(client, &all.join(";")).await
    }
}

async fn own(client: &Client, sql: &str) -> Result<(), SchemaError> {
    let what = "a transaction on the scratch database";
    client.batch_execute(sql).await.map_err(|source| SessionError::Query { what, source }.into())
}

/// What the server says of a statement that it did not run. A lost connection is none of the file's business.
fn failed(item: usize, node: &NodeEnum, source: tokio_postgres::Error) -> Result<Failed, SchemaError> {
    let Some(db) = source.as_db_error() else {
        return Err(SessionError::Query { what: "a statement of the folder", source }.into());
    };
    let mut message = db.message().to_owned();
    let why = match node {
        NodeEnum::CreateExtensionStmt(it) if is_lacking(db.code()) => Why::Extension(it.extname.clone()),
        _ if is_missing(db.code()) => Why::Missing,
        _ => Why::Refused,
    };
    // what it says of an extension is where the server's files are
    if let (Some(detail), Why::Missing | Why::Refused | Why::NotRun) = (db.detail(), &why) {
        message += &format!(" ({detail})");
    }
    Ok(Failed { item, message, why })
}

fn is_lacking(code: &SqlState) -> bool {
    [SqlState::UNDEFINED_FILE, SqlState::FEATURE_NOT_SUPPORTED].contains(code)
}

/// Whether something is not there, or not yet. A unique index that is missing is what
/// `REFRESH ... CONCURRENTLY` and `ON CONFLICT` fail with.
fn is_missing(code: &SqlState) -> bool {
    [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_COLUMN,
        SqlState::INVALID_SCHEMA_NAME,
        SqlState::INVALID_FOREIGN_KEY,
        SqlState::INVALID_COLUMN_REFERENCE,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        SqlState::FOREIGN_KEY_VIOLATION,
        SqlState::INVALID_CATALOG_NAME,
    ]
    .contains(code)
}
