//! Rows, as COPY writes and reads them.
//!
//! A table that is larger than its share is sampled by blocks (`TABLESAMPLE SYSTEM`,
//! <https://www.postgresql.org/docs/current/sql-select.html>): the server reads no more than is sent. Small tables come
//! first, so that what they leave of the limit is for the large ones.

use cutover_core::effect::Rel;
use cutover_sql::ident::quote_ident;
use futures_util::{SinkExt, StreamExt, pin_mut};
use tokio_postgres::Client;

use super::{Both, Copied, CopiedTable, Live, Pair, SampleError, Wanted, keys};
use crate::session::{Session, SessionError, message, rows};

/// The part of the limit that samples may use; the rest is for the rows that they refer to.
const SAMPLES: f64 = 0.7;

/// Copies rows of the tables, then those that they refer to, and takes out what still refers to nothing.
pub(super) async fn copy(
    live: &mut Live,
    to: &Session,
    both: &Both<'_>,
    wanted: Wanted<'_>,
    limit: u64,
    copied: &mut Copied,
) -> Result<(), SampleError> {
    // triggers and foreign keys of a scratch database of our own, whose rows come from where they held already
    run(to.client(), "SET session_replication_role = replica").await?;
    let mut pairs = pairs(both, wanted.tables, copied);
    pairs.sort_by_key(|pair| pair.there.bytes);
    let mut left = (limit as f64 * SAMPLES) as u64;
    let mut open = pairs.len() as u64;
    for pair in &pairs {
        let share = left / open.max(1);
        open -= 1;
        let read = table(live, to, pair, share, copied).await?;
        left = left.saturating_sub(read);
    }
    let read: u64 = copied.tables.iter().map(|it| it.bytes).sum();
    keys::follow(live, to, both, wanted.edges, limit.saturating_sub(read), copied).await?;
    run(to.client(), "SET session_replication_role = origin").await?;
    settle(to, copied).await
}

/// The tables that both databases have, each once.
fn pairs<'t>(both: &Both<'t>, tables: &[Rel], copied: &mut Copied) -> Vec<Pair<'t>> {
    let mut found: Vec<Pair<'t>> = Vec::new();
    for table in tables {
        match both.get(table) {
            Some(pair) if found.iter().all(|it| it.here.name != pair.here.name) => found.push(pair),
            Some(_) => {}
            None if both.here.contains_key(table) => {
                copied.left_out.push((table.clone(), "the live database has no such table".into()));
            }
            None => {}
        }
    }
    found
}

/// Copies rows of one table, and tells how many bytes were read.
async fn table(
    live: &mut Live,
    to: &Session,
    pair: &Pair<'_>,
    share: u64,
    copied: &mut Copied,
) -> Result<u64, SampleError> {
    let name = &pair.here.name;
    let percent =
        if pair.there.bytes <= share { 100.0 } else { share as f64 / pair.there.bytes as f64 * 100.0 };
    let only = if pair.there.partitioned { "" } else { "ONLY " };
    let sample = if percent < 100.0 { format!(" TABLESAMPLE SYSTEM ({percent:.6})") } else { String::new() };
    let query = format!("SELECT {} FROM {only}{}{sample}", list(pair), path(name));
    run(to.client(), "BEGIN").await?;
    // what revisions have put there; nobody else knows of this database
    run(to.client(), &format!("DELETE FROM {}", path(name))).await?;
    let done = pass(live.client(), to.client(), pair, &query, share.max(1)).await;
    let passed = match done {
        Ok(passed) => passed,
        Err(reason) => {
            run(to.client(), "ROLLBACK").await?;
            copied.left_out.push((name.clone(), reason));
            live.again().await?;
            return Ok(0);
        }
    };
    run(to.client(), "COMMIT").await?;
    if passed.cut_off {
        live.again().await?;
    }
    copied.tables.push(CopiedTable {
        table: name.clone(),
        rows: passed.rows,
        of_rows: pair.there.rows.max(passed.rows as f64),
        bytes: passed.bytes,
        whole: percent >= 100.0 && !passed.cut_off,
        orphans: 0,
    });
    Ok(passed.bytes)
}

/// What went from one to the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    pub rows: u64,
    pub bytes: u64,
    /// Whether there was more than may be copied. The connection that it came from is of no more use then.
    pub cut_off: bool,
}

/// Passes the rows of a query on, up to a limit of bytes, or tells why it cannot.
pub(super) async fn pass(
    from: &Client,
    to: &Client,
    pair: &Pair<'_>,
    query: &str,
    limit: u64,
) -> Result<Passed, String> {
    let told = |error: tokio_postgres::Error| message(&error);
    let rows = from.copy_out(&format!("COPY ({query}) TO STDOUT")).await.map_err(told)?;
    let into = format!("COPY {} ({}) FROM STDIN", path(&pair.here.name), list(pair));
    let sink = to.copy_in(&into).await.map_err(told)?;
    pin_mut!(rows, sink);
    let mut passed = Passed::default();
    // the server sends each row in a message of its own
    while let Some(row) = rows.next().await {
        let row = row.map_err(told)?;
        if passed.bytes > limit {
            passed.cut_off = true;
            break;
        }
        passed.bytes += row.len() as u64;
        passed.rows += 1;
        sink.feed(row).await.map_err(told)?;
    }
    sink.finish().await.map_err(told)?;
    Ok(passed)
}

/// Counts what is there, and brings up to date what hangs on it: the planner's numbers and materialized views.
async fn settle(to: &Session, copied: &Copied) -> Result<(), SampleError> {
    let tables: Vec<String> = copied.tables.iter().map(|it| path(&it.table)).collect();
    if tables.is_empty() {
        return Ok(());
    }
    // dead rows of what was there before go as well
    run(to.client(), &format!("VACUUM (ANALYZE) {}", tables.join(", "))).await?;
    let views = rows(to.client(), VIEWS, "looking for materialized views").await?;
    for view in views.iter().filter_map(|row| row.get(0)) {
        // one that fails on a part of the rows keeps what it had
        let _ = to.client().batch_execute(&format!("REFRESH MATERIALIZED VIEW {view}")).await;
    }
    Ok(())
}

/// Those that are filled, those that others use first.
const VIEWS: &str = "SELECT c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class c \
    WHERE c.relkind = 'm' AND c.relispopulated ORDER BY c.oid";

pub(super) async fn run(client: &Client, sql: &str) -> Result<(), SampleError> {
    let failed = |source| SessionError::Query { what: "copying rows", source };
    Ok(client.batch_execute(sql).await.map_err(failed)?)
}

pub(super) fn path(name: &Rel) -> String {
    format!("{}.{}", quote_ident(&name.schema), quote_ident(&name.name))
}

pub(super) fn list(pair: &Pair<'_>) -> String {
    pair.columns.iter().map(|column| quote_ident(&column.name)).collect::<Vec<_>>().join(", ")
}
