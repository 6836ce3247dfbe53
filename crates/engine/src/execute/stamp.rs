//! Writing into the ledger without running anything.

use cutover_core::revision::graph::Index;
use cutover_sql::checksum;

use super::adopt::{adopt, understood};
use super::checks::{applied_set, edited, half_done};
use super::error::ExecuteError;
use super::journal::open_run;
use super::lock::RunLock;
use super::request::Request;
use crate::event::Sink;
use crate::ledger::Writer;
use crate::ledger::write::Entry;
use crate::session::{Session, SessionError};

/// What a stamp changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    /// Revisions that now count as applied.
    pub added: Vec<Index>,
    /// Revisions that no longer do.
    pub removed: Vec<Index>,
    /// Applied revisions whose new checksum was accepted.
    pub accepted: Vec<Index>,
    /// Revisions that were half done and are no longer looked at so.
    pub settled: Vec<Index>,
    /// Ids that were in the ledger and in no file, removed with `purge`.
    pub purged: Vec<String>,
}

/// Makes the ledger say that exactly the target is applied (on its branch), accepts edited files,
/// and forgets half-done steps of the revisions that it decides on. With `purge`, ids without a
/// file go, too.
///
/// # Errors
/// When the target means nothing here or the ledger cannot be written.
pub async fn stamp(
    request: Request<'_>,
    purge: bool,
    session: &Session,
    events: Sink<'_>,
) -> Result<Stamped, ExecuteError> {
    session.check_writable()?;
    session.check_unshared().await?;
    let lock = RunLock::take(session, request.settings.wait, events).await?;
    let result = locked(request, purge, session).await;
    lock.release().await;
    result
}

async fn locked(request: Request<'_>, purge: bool, session: &Session) -> Result<Stamped, ExecuteError> {
    let mut state = understood(request.history, session.state_now().await?);
    let graph = request.history.graph();
    let mut stamped = Stamped::default();
    if purge {
        stamped.purged = state.applied.keys().filter(|id| graph.find(id).is_none()).cloned().collect();
        stamped.purged.iter().for_each(|id| drop(state.applied.remove(id)));
    }
    let applied = applied_set(request.history, &state)?;
    adopt(session, request, &state).await?;
    let wanted = request.target.stamp(graph, &applied)?;
    stamped.added = (&wanted - &applied).into_iter().collect();
    stamped.removed = (&applied - &wanted).into_iter().collect();
    stamped.accepted = edited(request.history, &state).into_iter().filter(|i| wanted.contains(i)).collect();
    stamped.settled = half_done(request.history, &state).into_iter().map(|(i, _)| i).collect();
    let target = request.target.to_string();
    let run = open_run(session, request, "stamp", &target, &state).await?;
    let sql = statements(request, &Writer::for_run(run, request.by), &stamped);
    if let Err(source) = session.client().batch_execute(&sql).await {
        let _ = session.client().batch_execute("ROLLBACK").await;
        return Err(SessionError::Query { what: "stamping", source }.into());
    }
    Ok(stamped)
}

fn statements(request: Request<'_>, writer: &Writer, stamped: &Stamped) -> String {
    let graph = request.history.graph();
    let mut sql = vec!["BEGIN".to_owned()];
    let with = |index: &Index, make: &dyn Fn(Entry<'_>) -> String| {
        let revision = request.history.revision(*index);
        let node = graph.node(*index);
        make(Entry {
            id: &node.id,
            message: &node.message,
            checksum: &checksum::normal(&revision.text),
            content_hash: &revision.content_hash,
        })
    };
    sql.extend(stamped.purged.iter().map(|id| Writer::delete_revision(id)));
    sql.extend(stamped.removed.iter().rev().map(|i| Writer::delete_revision(graph.id(*i))));
    sql.extend(stamped.accepted.iter().map(|i| with(i, &Writer::restamp)));
    sql.extend(stamped.added.iter().map(|i| with(i, &|entry| writer.stamp(entry))));
    sql.extend(stamped.settled.iter().map(|i| Writer::close_steps(graph.id(*i))));
    sql.extend(stamped.settled.iter().map(|i| Writer::forget_backfills(graph.id(*i))));
    sql.push(writer.finish_run(true));
    sql.push("COMMIT".into());
    sql.join(";\n")
}
