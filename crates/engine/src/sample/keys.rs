//! Foreign keys: what sampled rows refer to is fetched, too, as far as the limit goes; what refers to nothing goes.
//!
//! On the live server a row is looked up by the index of the key that it is referred to by, and never by a scan.

use cutover_core::effect::Rel;
use cutover_sql::ident::{quote_ident, quote_literal};

use super::rows::{pass, path, run};
use super::{Both, Copied, CopiedTable, Live, SampleError};
use crate::session::{Session, rows};

/// A foreign key: columns of a table that refer to columns of another, or of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The table that refers.
    pub table: Rel,
    /// Its columns.
    pub columns: Vec<String>,
    /// What it refers to.
    pub to: Rel,
    /// The columns there.
    pub to_columns: Vec<String>,
}

/// How often what was fetched may refer to more; rows of a tree that is deeper go.
const ROUNDS: usize = 12;

/// Keys that are looked up at once.
const AT_ONCE: usize = 5000;

/// Fetches what is referred to until nothing is missing or the limit is reached, then takes out what refers to nothing.
pub(super) async fn follow(
    live: &mut Live,
    to: &Session,
    both: &Both<'_>,
    edges: &[Edge],
    mut left: u64,
    copied: &mut Copied,
) -> Result<(), SampleError> {
    let edges: Vec<&Edge> = edges.iter().filter(|edge| is_whole(both, edge, copied)).collect();
    for _ in 0..ROUNDS {
        let mut fetched = 0;
        for edge in &edges {
            fetched += fetch(live, to, both, edge, &mut left, copied).await?;
        }
        if fetched == 0 || left == 0 {
            break;
        }
    }
    for _ in 0..ROUNDS {
        let mut gone = 0;
        for edge in &edges {
            let sql = format!("DELETE FROM {} AS c WHERE {}", path(&edge.table), dangling(edge));
            let number = to.client().execute(sql.as_str(), &[]).await;
            let number = number.map_err(|source| crate::session::SessionError::Query {
                what: "taking out what refers to nothing",
                source,
            })?;
            if let Some(table) = copied.tables.iter_mut().find(|it| it.table == edge.table) {
                table.orphans += number;
                table.rows = table.rows.saturating_sub(number);
            }
            gone += number;
        }
        if gone == 0 {
            break;
        }
    }
    Ok(())
}

/// Whether both tables have the columns now: a plan may add them later. Only rows that were copied are followed.
fn is_whole(both: &Both<'_>, edge: &Edge, copied: &Copied) -> bool {
    let has = |table: &Rel, columns: &[String]| {
        both.here
            .get(table)
            .is_some_and(|it| columns.iter().all(|name| it.columns.iter().any(|column| column.name == *name)))
    };
    let is_copied = both.get(&edge.table).is_some_and(|pair| copied.of(&pair.here.name).is_some());
    is_copied
        && !edge.columns.is_empty()
        && edge.columns.len() == edge.to_columns.len()
        && has(&edge.table, &edge.columns)
        && has(&edge.to, &edge.to_columns)
}

/// A row of `c` whose key is whole and refers to nothing.
fn dangling(edge: &Edge) -> String {
    let set = edge.columns.iter().map(|it| format!("c.{} IS NOT NULL", quote_ident(it)));
    let pairs = edge.columns.iter().zip(&edge.to_columns);
    let same = pairs.map(|(own, other)| format!("p.{} = c.{}", quote_ident(other), quote_ident(own)));
    format!(
        "{} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})",
        set.collect::<Vec<_>>().join(" AND "),
        path(&edge.to),
        same.collect::<Vec<_>>().join(" AND ")
    )
}

/// Fetches rows that are referred to and are not there; tells how many came.
async fn fetch(
    live: &mut Live,
    to: &Session,
    both: &Both<'_>,
    edge: &Edge,
    left: &mut u64,
    copied: &mut Copied,
) -> Result<u64, SampleError> {
    let Some(pair) = both.get(&edge.to).filter(|_| *left > 0) else { return Ok(0) };
    let own: Vec<String> = edge.columns.iter().map(|it| format!("c.{}::text", quote_ident(it))).collect();
    let missing = format!(
        "SELECT DISTINCT {} FROM {} AS c WHERE {} LIMIT {AT_ONCE}",
        own.join(", "),
        path(&edge.table),
        dangling(edge)
    );
    let keys = rows(to.client(), &missing, "looking for what is referred to").await?;
    if keys.is_empty() {
        return Ok(0);
    }
    let lists: Vec<String> = (0..edge.columns.len())
        .map(|at| array(keys.iter().map(|row| row.get(at).unwrap_or_default())))
        .collect();
    let query = lookup(&pair, edge, &lists);
    // ACCESS SHARE for the time of the look-ups
    run(live.client(), INDEXES_ONLY).await?;
    run(to.client(), "BEGIN").await?;
    let done = pass(live.client(), to.client(), &pair, &query, *left).await;
    let passed = match done {
        Ok(passed) => passed,
        // what could not be fetched is taken out afterwards
        Err(_) => {
            run(to.client(), "ROLLBACK").await?;
            live.again().await?;
            return Ok(0);
        }
    };
    run(to.client(), "COMMIT").await?;
    if passed.cut_off {
        live.again().await?;
    }
    *left = left.saturating_sub(passed.bytes);
    let name = &pair.here.name;
    match copied.tables.iter_mut().find(|it| it.table == *name) {
        Some(table) => {
            table.rows += passed.rows;
            table.bytes += passed.bytes;
        }
        None => copied.tables.push(CopiedTable {
            table: name.clone(),
            rows: passed.rows,
            of_rows: pair.there.rows.max(passed.rows as f64),
            bytes: passed.bytes,
            whole: false,
            orphans: 0,
        }),
    }
    Ok(passed.rows)
}

const INDEXES_ONLY: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// The rows of a table by keys that are sent as text.
fn lookup(pair: &super::Pair<'_>, edge: &Edge, lists: &[String]) -> String {
    let columns: Vec<String> = pair.columns.iter().map(|it| format!("p.{}", quote_ident(&it.name))).collect();
    let types = edge.to_columns.iter().map(|name| {
        let column = pair.here.columns.iter().find(|it| it.name == *name);
        column.map_or("text", |it| it.data_type.as_str())
    });
    let keys: Vec<String> =
        types.enumerate().map(|(at, data_type)| format!("k.k{at}::{data_type}")).collect();
    let names: Vec<String> = (0..lists.len()).map(|at| format!("k{at}")).collect();
    let parts: Vec<String> = edge.to_columns.iter().map(|it| format!("p.{}", quote_ident(it))).collect();
    format!(
        "SELECT {} FROM {} AS p WHERE ({}) IN (SELECT {} FROM unnest({}) AS k({}))",
        columns.join(", "),
        path(&pair.here.name),
        parts.join(", "),
        keys.join(", "),
        lists.join(", "),
        names.join(", ")
    )
}

/// Texts as an array of SQL.
fn array<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let quoted: Vec<String> = texts.map(quote_literal).collect();
    format!("ARRAY[{}]::text[]", quoted.join(", "))
}
