//! What a run writes into the ledger: itself, its steps, and the revisions that are done.

use cutover_core::plan::{Direction, Step, StepKind};

use super::error::StepError;
use super::prepare::{Prepared, entry_of};
use super::request::Request;
use super::runner::Run;
use crate::ledger::read::{OpenStep, State};
use crate::ledger::{Writer, acknowledgement, format};
use crate::session::{Session, SessionError, rows};

impl Run<'_> {
    /// Journals that a step outside a transaction is about to run.
    pub(crate) async fn begin(&self, one: &Prepared, step: &Step, evidence: &str) -> Result<(), StepError> {
        let id = self.request.history.graph().id(one.index);
        let begin = self.writer.begin_step(id, self.request.direction, step, one.steps.len(), evidence);
        let mut sql = self.turned(id, step);
        sql.push(begin);
        self.ledger(&sql).await
    }

    /// Journals that it is done, and with the last step the revision.
    pub(crate) async fn end(&self, one: &Prepared, step: &Step) -> Result<(), StepError> {
        self.end_with(one, step, Vec::new()).await
    }

    /// The same, with statements that have to happen together with it.
    pub(crate) async fn end_with(
        &self,
        one: &Prepared,
        step: &Step,
        mut sql: Vec<String>,
    ) -> Result<(), StepError> {
        let entry = entry_of(self.request.history, one);
        sql.push(self.writer.end_step(entry.id, step));
        if step.ordinal as usize == one.steps.len() {
            // the row that is being closed is in the sum, so a single step counts as several
            sql.push(self.writer.close(entry, self.request.direction, one.steps.len().max(2)));
            sql.extend(used_up(one, entry.id));
        }
        self.ledger(&sql).await
    }

    /// The evidence that an earlier try wrote down.
    pub(super) async fn evidence(&self, one: &Prepared, step: &Step) -> Result<String, StepError> {
        let id = cutover_sql::ident::quote_literal(self.request.history.graph().id(one.index));
        let sql = format!(
            "SELECT evidence FROM cutover.step WHERE revision = {id} AND ordinal = {} AND open",
            step.ordinal
        );
        let found = rows(self.session.client(), &sql, "reading the journal").await?;
        Ok(found.first().and_then(|r| r.get(0)).unwrap_or_default().to_owned())
    }

    /// The SQL that ends a half-done upgrade when the first step of its downgrade begins.
    fn turned(&self, id: &str, step: &Step) -> Vec<String> {
        if self.request.direction != Direction::Downgrade || step.ordinal != 1 {
            return Vec::new();
        }
        let up = Direction::Upgrade;
        vec![Writer::close_steps_of(id, up), Writer::forget_backfills_of(id, up)]
    }

    pub(super) async fn record_alone(&self, one: &Prepared, step: &Step) -> Result<(), StepError> {
        self.ledger(&self.records(one, step)).await
    }

    /// The ledger rows of a step that commits with them.
    pub(super) fn records(&self, one: &Prepared, step: &Step) -> Vec<String> {
        let entry = entry_of(self.request.history, one);
        let (direction, of) = (self.request.direction, one.steps.len());
        let mut sql = self.turned(entry.id, step);
        sql.push(self.writer.whole_step(entry.id, direction, step, of));
        if step.ordinal as usize == of {
            sql.push(self.writer.close(entry, direction, of));
            sql.extend(used_up(one, entry.id));
        }
        sql
    }

    async fn ledger(&self, statements: &[String]) -> Result<(), StepError> {
        let sql = format!("BEGIN; {}; COMMIT", statements.join(";\n"));
        if let Err(error) = self.session.client().batch_execute(&sql).await {
            let failure = super::error::classify(&error);
            let _ = self.session.client().batch_execute("ROLLBACK").await;
            return Err(not_ours(failure));
        }
        Ok(())
    }
}

/// A ledger row without its run means that the session is not the one we marked.
pub(crate) fn not_ours(error: StepError) -> StepError {
    match error {
        StepError::Server(server) if server.code == "23502" && server.message.contains("\"run\"") => {
            StepError::Session(SessionError::Pooled)
        }
        other => other,
    }
}

/// The SQL that uses up what was said of a revision that had something to wait for.
pub(super) fn used_up(one: &Prepared, id: &str) -> Option<String> {
    let waits = !one.gates.is_empty() || one.steps.iter().any(|s| matches!(s.kind, StepKind::Deploy { .. }));
    waits.then(|| acknowledgement::close(id))
}

pub(super) fn journal_of<'s>(
    state: &'s State,
    id: &str,
    direction: Direction,
    step: &Step,
) -> Option<&'s OpenStep> {
    let is_it =
        |s: &&OpenStep| s.revision == id && s.ordinal == step.ordinal && s.direction == direction.as_str();
    state.open.iter().find(is_it)
}

/// Makes or updates the ledger, records the run, and pins the session.
pub(super) async fn open_run(
    session: &Session,
    request: Request<'_>,
    command: &str,
    target: &str,
    state: &State,
) -> Result<i64, SessionError> {
    let client = session.client();
    let migration = format::migrate(state.format);
    if !migration.is_empty() {
        session.transaction("making the ledger", &migration).await?;
    }
    let sql = format!(
        "WITH run AS ({}) SELECT set_config('cutover.run', id::text, false) FROM run",
        Writer::start_run(command, target, request.by)
    );
    let pin = request.settings.pin(session.facts.version);
    let found = rows(client, &format!("{pin}; {sql}"), "recording the run").await?;
    Ok(found.first().and_then(|r| r.get(0)?.parse().ok()).unwrap_or_default())
}
