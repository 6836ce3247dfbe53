//! Stops another session each time that it is about to use a system catalog.
//!
//! SHARE on a catalog lets everybody read it and makes its writers wait; ACCESS EXCLUSIVE makes its readers wait, too.
//! Two sessions hold the lock in turn: the second stands in the queue behind the one who is stopped before the first
//! lets go, so that one goes on and is stopped again when it comes back. Knows nothing of what it does in between.

use std::time::Duration;

use tokio::task::JoinHandle;

use cutover_core::effect::Mode;

use super::TraceError;
use super::relations;
use crate::connect::{self, ConnParams, Connected};
use crate::session::rows;

/// Time between two looks at a session's locks.
pub const LOOK: Duration = Duration::from_micros(200);

/// What is locked, and how.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// A catalog.
    pub catalog: &'static str,
    /// SHARE to stop its writers, ACCESS EXCLUSIVE to stop its readers.
    pub mode: Mode,
}

/// A gate in front of one catalog.
pub struct Gate {
    stop: Stop,
    /// Oid of the catalog.
    pub oid: u32,
    holds: Turn,
    waits: Connected,
}

/// A session that has the lock, or will have it when those before it are done.
type Turn = JoinHandle<Result<Connected, tokio_postgres::Error>>;

impl Gate {
    /// Closes a gate: nobody passes from now on.
    ///
    /// # Errors
    /// When there is no connection, or the lock cannot be had.
    pub async fn close(params: &ConnParams, stop: Stop) -> Result<Self, TraceError> {
        let (first, second) = (connect::connect(params).await?, connect::connect(params).await?);
        let sql = format!("SELECT 'pg_catalog.{}'::pg_catalog.regclass::pg_catalog.oid", stop.catalog);
        let oid = ask(&first, &sql).await?.parse().unwrap_or(0);
        let first = lock(first, stop).await.map_err(|_| stop.gone())?;
        Ok(Self { stop, oid, holds: tokio::spawn(std::future::ready(Ok(first))), waits: second })
    }

    /// Lets the one who waits pass, and nobody who comes after.
    ///
    /// # Errors
    /// When one of the sessions is gone.
    pub async fn pass(self, watcher: &Connected) -> Result<Self, TraceError> {
        let Self { stop, oid, holds, waits } = self;
        let pid = ask(&waits, "SELECT pg_catalog.pg_backend_pid()").await?;
        let next = tokio::spawn(lock(waits, stop));
        while relations::locks(&watcher.client, &pid).await?.iter().all(|lock| lock.granted) {
            tokio::time::sleep(LOOK).await;
        }
        let holder = holds.await.map_err(|_| stop.gone())?.map_err(|_| stop.gone())?;
        holder.client.batch_execute("COMMIT").await.map_err(|_| stop.gone())?;
        Ok(Self { stop, oid, holds: next, waits: holder })
    }
}

impl Stop {
    fn gone(self) -> TraceError {
        TraceError::Gate { catalog: self.catalog }
    }
}

/// Locks a catalog, which needs no snapshot: a session that waits for old ones does not wait for us.
async fn lock(session: Connected, stop: Stop) -> Result<Connected, tokio_postgres::Error> {
    let sql = format!("BEGIN; LOCK TABLE pg_catalog.{} IN {} MODE", stop.catalog, stop.mode);
    session.client.batch_execute(&sql).await.map(|()| session)
}

async fn ask(session: &Connected, sql: &str) -> Result<String, TraceError> {
    let rows = rows(&session.client, sql, "asking for a number").await?;
    Ok(rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
}
