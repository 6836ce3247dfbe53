//! Watches a statement in the transaction that is open: its locks are held until the end, and its counters are not
//! told to anybody before.
//!
//! What a statement does before its end and undoes is not seen: a lock that it gives back (`DROP TRIGGER IF EXISTS` of
//! a trigger that is not there, an error that a DO block catches), and neither is what waits for the commit, such as a
//! deferred foreign key. Knows nothing of how the transaction began or ends.

use std::time::Instant;

use tokio_postgres::Client;

use super::relations::{self, Lock};
use super::{Observed, TraceError};

/// Runs a statement in the open transaction of a session and tells what it did.
///
/// Told are the locks that came with it: one that the transaction held before in the same mode is not among them,
/// so that each of several statements is told its own. For the whole truth about one, let it be the first.
///
/// # Errors
/// The statement's, after which the transaction can only be rolled back.
pub async fn within(client: &Client, statement: &str) -> Result<Observed, TraceError> {
    let before = relations::read(client).await?;
    let held = relations::locks(client, OURS).await?;
    let start = Instant::now();
    client.batch_execute(statement).await.map_err(TraceError::Statement)?;
    let millis = start.elapsed().as_secs_f64() * 1000.0;
    let locks = relations::locks(client, OURS).await?;
    let after = relations::read(client).await?;
    let mut observed = Observed { millis, ..Observed::default() };
    let is_new = |lock: &Lock| !held.contains(lock);
    observed.locked(&before, locks.into_iter().filter(is_new));
    observed.moved(&before, &after);
    observed.scanned(&before, &after);
    Ok(observed)
}

const OURS: &str = "pg_catalog.pg_backend_pid()";
