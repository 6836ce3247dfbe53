//! A step that PostgreSQL refuses inside a transaction: journaled before and after.
//!
//! Between the two rows the process can die on either side of the statement, so a step that was
//! begun before is first looked up in the database (`recover`).

use std::time::Duration;

use cutover_core::plan::Step;
use cutover_sql::statement::Outside;

use super::error::{StepError, classify};
use super::prepare::Prepared;
use super::recover::{self, Found};
use super::runner::Run;
use super::transaction::Blamed;
use crate::event::Event;

/// Runs the one statement of the step and journals it. `begun` tells that an earlier try, of this
/// run or of one that was killed, may have left something behind.
///
/// # Errors
/// The server's error, with the place in the file. The journal then still says "running", and the
/// next try looks what is there.
pub async fn run(
    run: &Run<'_>,
    one: &Prepared,
    step: &Step,
    outside: &Outside,
    begun: bool,
) -> Result<(), Blamed> {
    let at = |e: StepError| (e, None);
    let client = run.session().client();
    let before = recover::look(client, outside).await.map_err(at)?;
    run.begin(one, step, &before).await.map_err(at)?;
    // an earlier try wrote down what was there before it; that row is kept by `begin`
    let evidence = if begun { run.evidence(one, step).await.map_err(at)? } else { before };
    let found = recover::inspect(client, outside, &evidence, begun).await.map_err(at)?;
    let sql = match &found {
        Found::Done { what } => {
            (run.events())(Event::Recovered { what: what.clone() });
            return run.end(one, step).await.map_err(at);
        }
        Found::Remains { what, clear } => {
            (run.events())(Event::Recovered { what: what.clone() });
            for sql in clear {
                client.batch_execute(sql).await.map_err(|e| (classify(&e), None))?;
            }
            None
        }
        Found::Resume { what, with } => {
            (run.events())(Event::Recovered { what: what.clone() });
            Some(with.as_str())
        }
        Found::Nothing => None,
    };
    let statement = step.statements.first().map(|s| s.span);
    let text = statement.map(|s| s.text(run.text(one))).unwrap_or_default();
    set_timeouts(run, one, outside).await.map_err(at)?;
    let result = client.batch_execute(sql.unwrap_or(text)).await;
    reset_timeouts(run).await;
    if let Err(error) = result {
        let failure = classify(&error);
        let offset = match &failure {
            StepError::Server(server) => server
                .position
                .and_then(|p| text.char_indices().nth((p as usize).checked_sub(1)?))
                .and_then(|(byte, _)| statement.map(|s| s.start + byte)),
            _ => None,
        };
        return Err((failure, offset));
    }
    run.end(one, step).await.map_err(at)
}

/// The concurrent forms wait for other transactions while they hold only SHARE UPDATE EXCLUSIVE,
/// which stands in nobody's way; a short timeout would only leave invalid indexes behind
/// (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>).
/// Everything else keeps the short one.
fn lock_timeout(outside: &Outside, short: Duration, long: Duration) -> Duration {
    match outside {
        Outside::CreateIndexConcurrently { .. }
        | Outside::DropIndexConcurrently { .. }
        | Outside::ReindexConcurrently { .. } => long,
        Outside::Reindex { .. }
        | Outside::DetachPartitionConcurrently { .. }
        | Outside::Vacuum
        | Outside::CreateDatabase { .. }
        | Outside::DropDatabase { .. }
        | Outside::AlterDatabaseTablespace
        | Outside::CreateTablespace { .. }
        | Outside::DropTablespace { .. }
        | Outside::AlterSystem
        | Outside::Cluster
        | Outside::Subscription { .. }
        | Outside::Discard => short,
    }
}

async fn set_timeouts(run: &Run<'_>, one: &Prepared, outside: &Outside) -> Result<(), StepError> {
    let settings = run.settings();
    let short = one.lock_timeout_ms.map_or(settings.lock_timeout, Duration::from_millis);
    let lock = lock_timeout(outside, short, settings.lock_retry);
    let mut sql = format!("SET lock_timeout = {}", lock.as_millis());
    if let Some(ms) = one.statement_timeout_ms {
        sql.push_str(&format!("; SET statement_timeout = {ms}"));
    }
    run.session().client().batch_execute(&sql).await.map_err(|e| classify(&e))
}

async fn reset_timeouts(run: &Run<'_>) {
    let settings = run.settings();
    let sql = format!(
        "SET lock_timeout = {}; SET statement_timeout = {}",
        settings.lock_timeout.as_millis(),
        settings.statement_timeout.as_millis()
    );
    // where this fails the connection is gone, which the next use reports
    let _ = run.session().client().batch_execute(&sql).await;
}
