//! Stops another session each time that it is about to lock a relation.
//!
//! SHARE on a catalog lets everybody read it and makes its writers wait; ACCESS EXCLUSIVE makes its readers wait, too.
//! Two sessions hold the lock in turn: the second stands in the queue behind the one who is stopped before the first
//! lets go, so that one goes on and is stopped again when it comes back. Knows nothing of what it does in between.

use std::time::Duration;

use cutover_core::effect::Mode;
use tokio::task::JoinHandle;

use super::TraceError;
use super::relations;
use crate::connect::{self, ConnParams, Connected};
use crate::session::rows;

/// Time between two looks at a session's locks.
pub const LOOK: Duration = Duration::from_micros(200);

/// What is locked, and how.
#[derive(Clone, Debug)]
pub struct Stop {
    /// A table or a catalog, as SQL has it.
    pub relation: String,
    /// SHARE to stop its writers, ACCESS EXCLUSIVE to stop its readers.
    pub mode: Mode,
}

/// A gate in front of one relation.
pub struct Gate {
    stop: Stop,
    holds: Turn,
    waits: Sentry,
}

/// A session of a gate.
struct Sentry {
    session: Connected,
    pid: String,
}

/// One that has the lock, or will have it when those before it are done.
struct Turn {
    sentry: JoinHandle<Result<Sentry, tokio_postgres::Error>>,
    pid: String,
}

impl Gate {
    /// Closes a gate: nobody passes from now on.
    ///
    /// # Errors
    /// When there is no connection, or the lock cannot be had.
    pub async fn close(params: &ConnParams, stop: Stop) -> Result<Self, TraceError> {
        let (first, second) = (Sentry::new(params).await?, Sentry::new(params).await?);
        let pid = first.pid.clone();
        let first = first.lock(stop.clone()).await.map_err(|_| stop.gone())?;
        let holds = Turn { sentry: tokio::spawn(std::future::ready(Ok(first))), pid };
        Ok(Self { stop, holds, waits: second })
    }

    /// Whether it is this gate that one of the sessions which hold another up belongs to.
    pub fn stops(&self, blockers: &[String]) -> bool {
        blockers.contains(&self.holds.pid)
    }

    /// Lets the one who is stopped pass, and nobody who comes after; or opens the gate for good.
    ///
    /// That is when the one who is stopped has the relation already and waits for all who were there before it
    /// (`CREATE INDEX CONCURRENTLY`), of which we in the queue behind it are one.
    ///
    /// # Errors
    /// When one of the sessions is gone.
    pub async fn pass(self, watcher: &Connected) -> Result<Option<Self>, TraceError> {
        let Self { stop, holds, waits } = self;
        if is_waiting(watcher, &holds.pid).await? {
            let sql = format!("SELECT pg_catalog.pg_cancel_backend({})", holds.pid);
            rows(&watcher.client, &sql, "opening a gate").await?;
            return Ok(None);
        }
        let pid = waits.pid.clone();
        let next = tokio::spawn(waits.lock(stop.clone()));
        while !is_waiting(watcher, &pid).await? {
            tokio::time::sleep(LOOK).await;
        }
        let holder = holds.sentry.await.map_err(|_| stop.gone())?.map_err(|_| stop.gone())?;
        holder.session.client.batch_execute("COMMIT").await.map_err(|_| stop.gone())?;
        Ok(Some(Self { stop, holds: Turn { sentry: next, pid }, waits: holder }))
    }
}

impl Sentry {
    async fn new(params: &ConnParams) -> Result<Self, TraceError> {
        let session = connect::connect(params).await?;
        let pid = pid(&session).await?;
        Ok(Self { session, pid })
    }

    /// Takes the lock, which needs no snapshot: whoever waits for old ones does not wait for us.
    async fn lock(self, stop: Stop) -> Result<Self, tokio_postgres::Error> {
        let sql = format!("BEGIN; LOCK TABLE ONLY {} IN {} MODE", stop.relation, stop.mode);
        self.session.client.batch_execute(&sql).await.map(|()| self)
    }
}

impl Stop {
    fn gone(&self) -> TraceError {
        TraceError::Gate { relation: self.relation.clone() }
    }
}

async fn is_waiting(watcher: &Connected, pid: &str) -> Result<bool, TraceError> {
    Ok(relations::locks(&watcher.client, pid).await?.iter().any(|lock| !lock.granted))
}

/// The server process of a session.
pub async fn pid(session: &Connected) -> Result<String, TraceError> {
    let rows = rows(&session.client, "SELECT pg_catalog.pg_backend_pid()", "asking for the process").await?;
    Ok(rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
}

/// The sessions that hold one up, by their processes
/// (<https://www.postgresql.org/docs/current/functions-info.html>): by a lock, and by a transaction that it waits for.
pub async fn blockers(watcher: &Connected, pid: &str) -> Result<Vec<String>, TraceError> {
    let sql = format!("SELECT pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid}))");
    let rows = rows(&watcher.client, &sql, "asking who is in the way").await?;
    Ok(rows.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}
