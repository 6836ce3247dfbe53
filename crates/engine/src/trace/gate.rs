//! Stops another session each time that it is about to write a system catalog.
//!
//! SHARE on a catalog lets everybody read it and makes its writers wait. Two sessions hold it in turn: the second
//! stands in the queue behind the writer before the first lets go, so the writer goes on and is stopped again when it
//! comes back. Knows nothing of what the writer does.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::TraceError;
use super::relations;
use crate::connect::{self, ConnParams, Connected};
use crate::session::rows;

/// Time between two looks at a session's locks.
pub const LOOK: Duration = Duration::from_micros(200);

/// A gate in front of one catalog.
pub struct Gate {
    catalog: &'static str,
    /// Oid of the catalog.
    pub oid: u32,
    holds: Turn,
    waits: Connected,
}

/// A session that has the lock, or will have it when those before it are done.
type Turn = JoinHandle<Result<Connected, tokio_postgres::Error>>;

impl Gate {
    /// Closes a gate: nobody writes the catalog from now on.
    ///
    /// # Errors
    /// When there is no connection, or the lock cannot be had.
    pub async fn close(params: &ConnParams, catalog: &'static str) -> Result<Self, TraceError> {
        let (first, second) = (connect::connect(params).await?, connect::connect(params).await?);
        let sql = format!("SELECT 'pg_catalog.{catalog}'::pg_catalog.regclass::pg_catalog.oid");
        let oid = ask(&first, &sql).await?.parse().unwrap_or(0);
        let first = lock(first, catalog).await.map_err(|_| TraceError::Gate { catalog })?;
        Ok(Self { catalog, oid, holds: tokio::spawn(std::future::ready(Ok(first))), waits: second })
    }

    /// Lets the one who waits pass, and nobody who comes after.
    ///
    /// # Errors
    /// When one of the sessions is gone.
    pub async fn pass(self, watcher: &Connected) -> Result<Self, TraceError> {
        let Self { catalog, oid, holds, waits } = self;
        let gone = || TraceError::Gate { catalog };
        let pid = ask(&waits, "SELECT pg_catalog.pg_backend_pid()").await?;
        let next = tokio::spawn(lock(waits, catalog));
        while relations::locks(&watcher.client, &pid).await?.iter().all(|lock| lock.granted) {
            tokio::time::sleep(LOOK).await;
        }
        let holder = holds.await.map_err(|_| gone())?.map_err(|_| gone())?;
        holder.client.batch_execute("COMMIT").await.map_err(|_| gone())?;
        Ok(Self { catalog, oid, holds: next, waits: holder })
    }
}

/// Takes SHARE on a catalog, which needs no snapshot: a session that waits for old ones does not wait for us.
async fn lock(session: Connected, catalog: &str) -> Result<Connected, tokio_postgres::Error> {
    let sql = format!("BEGIN; LOCK TABLE pg_catalog.{catalog} IN SHARE MODE");
    session.client.batch_execute(&sql).await.map(|()| session)
}

async fn ask(session: &Connected, sql: &str) -> Result<String, TraceError> {
    let rows = rows(&session.client, sql, "asking for a number").await?;
    Ok(rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
}
