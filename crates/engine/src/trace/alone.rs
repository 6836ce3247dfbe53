//! Watches a statement that cannot be in a transaction: it is stopped wherever it uses one of a few catalogs, and its
//! locks are read while it stands still.
//!
//! Such a statement does its work in several transactions, each of which holds its locks for a moment. All of them
//! end in `pg_class` or `pg_index` with their locks held: the file of a table and its statistics, the flags of an index.
//! The one that only looks for partitions begins with `pg_inherits`. A lock that comes and goes between two stops is not
//! seen: the one by which VACUUM gives the empty end of a table back, if nobody wants the table just then.

use std::time::Instant;

use cutover_core::effect::Mode;

use super::gate::{Gate, LOOK, Stop};
use super::relations::{self, Relations};
use super::{Observed, TraceError};
use crate::connect::{self, ConnParams, Connected};
use crate::session::rows;

/// Where a statement is stopped.
const STOPS: [Stop; 3] = [
    Stop { catalog: "pg_class", mode: Mode::Share },
    Stop { catalog: "pg_index", mode: Mode::Share },
    Stop { catalog: "pg_inherits", mode: Mode::AccessExclusive },
];

/// Runs a statement on a connection of its own and tells what it did, but not what it read. Seven more sessions watch
/// it, and nobody else can change the schema in the meantime: for databases of our own.
///
/// # Errors
/// The statement's, or when there is no connection.
pub async fn alone(params: &ConnParams, statement: &str) -> Result<Observed, TraceError> {
    let (runner, watcher) = (connect::connect(params).await?, connect::connect(params).await?);
    let pid = rows(&runner.client, "SELECT pg_catalog.pg_backend_pid()", "asking for the process").await?;
    let pid = pid.first().and_then(|row| row.get(0)).unwrap_or_default();
    let before = relations::read(&watcher.client).await?;
    let mut gates = Vec::new();
    for stop in STOPS {
        gates.push(Gate::close(params, stop).await?);
    }
    let mut observed = Observed::default();
    let start = Instant::now();
    let run = runner.client.batch_execute(statement);
    let watch = watch(&watcher, pid, gates, &before, &mut observed);
    tokio::select! {
        biased;
        done = run => done.map_err(TraceError::Statement)?,
        never = watch => match never? {},
    }
    observed.millis = start.elapsed().as_secs_f64() * 1000.0;
    let after = relations::read(&watcher.client).await?;
    observed.moved(&before, &after);
    Ok(observed)
}

/// Reads the locks of a session again and again, and lets it pass where it is stopped.
async fn watch(
    watcher: &Connected,
    pid: &str,
    mut gates: Vec<Gate>,
    before: &Relations,
    observed: &mut Observed,
) -> Result<std::convert::Infallible, TraceError> {
    loop {
        let locks = relations::locks(&watcher.client, pid).await?;
        let stop = |gate: &Gate| locks.iter().any(|lock| !lock.granted && lock.relation == gate.oid);
        if let Some(at) = gates.iter().position(stop) {
            let gate = gates.swap_remove(at);
            observed.locked(before, locks);
            gates.push(gate.pass(watcher).await?);
        } else {
            observed.locked(before, locks);
            tokio::time::sleep(LOOK).await;
        }
    }
}
