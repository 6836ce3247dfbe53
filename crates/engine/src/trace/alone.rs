//! Watches a statement that cannot be in a transaction: it is stopped wherever it uses one of a few relations, and its
//! locks are read while it stands still.
//!
//! Such a statement does its work in several transactions, each of which holds its locks for a moment. All of them end
//! in `pg_class` or `pg_index` with their locks held: the file of a table and its statistics, the flags of an index.
//! The one that only looks for partitions begins with `pg_inherits`; the one that finds nothing to do in a table has
//! nothing but the lock on that table.
//!
//! A lock that comes and goes between two stops is not seen: the one by which VACUUM gives the empty end of a table
//! back, if nobody wants the table just then, and that of REINDEX DATABASE on a table without indexes.

use std::time::Instant;

use cutover_core::effect::Mode;
use cutover_sql::ident::quote_ident;

use super::gate::{self, Gate, LOOK, Stop};
use super::relations::{self, Relations};
use super::{Name, Observed, TraceError};
use crate::connect::{self, ConnParams, Connected};
use crate::session::rows;

/// The catalogs at which every statement is stopped.
const CATALOGS: [(&str, Mode); 3] = [
    ("pg_catalog.pg_class", Mode::Share),
    ("pg_catalog.pg_index", Mode::Share),
    ("pg_catalog.pg_inherits", Mode::AccessExclusive),
];

/// Who watches waits for nobody, unless the catalogs themselves are made anew: then this ends it.
const PATIENCE: &str = "SET lock_timeout = '10s'";

/// Runs a statement on a connection of its own and tells what it did, but not what it read.
///
/// `tables` are those that it names; what is no table is passed over. Two more sessions for each of them and eight
/// besides watch the statement, and nobody else can change the schema meanwhile: for databases of our own.
///
/// # Errors
/// The statement's, or when there is no connection. Also for one that makes the catalogs themselves anew (`VACUUM FULL`
/// and `REINDEX SYSTEM` of a whole database), as nobody can watch that.
pub async fn alone(params: &ConnParams, statement: &str, tables: &[Name]) -> Result<Observed, TraceError> {
    let (runner, watcher) = (connect::connect(params).await?, connect::connect(params).await?);
    let pid = gate::pid(&runner).await?;
    rows(&watcher.client, PATIENCE, "preparing to watch").await?;
    let before = relations::read(&watcher.client).await?;
    let mut gates = Vec::new();
    for stop in stops(&before, tables) {
        gates.push(Gate::close(params, stop).await?);
    }
    let mut observed = Observed::default();
    let start = Instant::now();
    let run = runner.client.batch_execute(statement);
    let watch = watch(&watcher, &pid, gates, &before, &mut observed);
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

/// Where a statement is stopped. ACCESS EXCLUSIVE on a table shows every lock that is asked for there; it is in nobody
/// else's way, as the database is ours.
fn stops(before: &Relations, tables: &[Name]) -> Vec<Stop> {
    let catalogs = CATALOGS.map(|(name, mode)| Stop { relation: name.to_owned(), mode });
    let named = before.values().filter(|relation| relation.is_table() && tables.contains(&relation.name));
    let tables = named.map(|relation| {
        let (namespace, name) = &relation.name;
        let relation = format!("{}.{}", quote_ident(namespace), quote_ident(name));
        Stop { relation, mode: Mode::AccessExclusive }
    });
    catalogs.into_iter().chain(tables).collect()
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
        let blockers = gate::blockers(watcher, pid).await?;
        if let Some(at) = gates.iter().position(|gate| gate.stops(&blockers)) {
            let gate = gates.swap_remove(at);
            // only here: what is seen in passing would be seen now and then
            observed.locked(before, relations::locks(&watcher.client, pid).await?);
            gates.extend(gate.pass(watcher).await?);
        } else {
            tokio::time::sleep(LOOK).await;
        }
    }
}
