//! The table that a backfill goes through, its key, and what a change of a row costs there.

use cutover_core::plan::backfill::key::{Key, KeyColumn, Values};
use cutover_core::plan::backfill::{Batched, Verb, key};
use cutover_sql::ident::quote_literal;
use tokio_postgres::{Client, SimpleQueryRow};

use super::error::BackfillError;
use super::estimate::planned;
use crate::execute::StepError;
use crate::session::rows;

/// How the table is gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Along a key.
    Key(Key),
    /// By blocks.
    Blocks,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its oid, for the system's views.
    pub oid: String,
    /// Schema and name, quoted, with ONLY where the statement has it.
    pub sql: String,
    /// Schema and name, quoted.
    pub name: String,
    /// How it is gone through.
    pub walk: Walk,
    /// Rows, as the planner takes them to be.
    pub rows: u64,
    /// Pages, as the planner takes them to be.
    pub pages: u64,
    /// Rows that the statement will change, as the planner takes them to be.
    pub changes: u64,
    /// Tables that the statement reads and that were never analyzed: what the planner says is a guess.
    pub unanalyzed: Vec<String>,
    /// Bytes of WAL for one changed row, roughly.
    pub wal_per_row: u64,
    /// What its rows cost besides: HOT, dead rows.
    pub cost: Cost,
}

/// What a changed row leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What the statement does.
    pub verb: Verb,
    /// Indexed columns among those that are set: each changed row is entered into all indexes anew.
    pub indexed: Vec<String>,
    /// How full a page is made, in percent.
    pub fillfactor: u32,
    /// How many indexes there are.
    pub indexes: u64,
}

/// Looks at the table.
///
/// # Errors
/// [`BackfillError`] when it cannot be gone through like this, or the server's error.
pub async fn look(
    client: &Client,
    batched: &Batched,
    key: &[String],
    sql: &str,
) -> Result<Subject, StepError> {
    let table = batched.table.sql();
    let query = format!("{}{})", include_str!("sql/table.sql").trim_end(), quote_literal(&table));
    let found = rows(client, &query, "looking at the table of the backfill").await?;
    let row = found.first().ok_or(BackfillError::NoTable { table })?;
    let name = text(row, 2);
    let kind = text(row, 1);
    let has_children = text(row, 3) == "t";
    check_kind(&kind, has_children, &name, batched, key)?;
    check_calls(client, &batched.calls).await?;
    let walk = if key.is_empty() {
        Walk::Blocks
    } else {
        Walk::Key(find_key(client, &text(row, 0), &name, key).await?)
    };
    let only = if batched.table.only { "ONLY " } else { "" };
    let from = format!("{only}{name}");
    let rows_there = planned(client, &format!("SELECT FROM {from}")).await?.rows;
    let planned = planned(client, sql).await?;
    let indexed_columns = text(row, 7);
    let all_indexed: Vec<&str> = indexed_columns.split('\n').collect();
    let cost = Cost {
        verb: batched.verb,
        indexed: batched.sets.iter().filter(|set| all_indexed.contains(&set.as_str())).cloned().collect(),
        fillfactor: number(row, 4) as u32,
        indexes: number(row, 6),
    };
    let pages = pages(client, &text(row, 0)).await?;
    let width: u64 = number(row, 5);
    Ok(Subject {
        oid: text(row, 0),
        sql: from,
        name,
        walk,
        rows: rows_there,
        pages,
        changes: planned.rows,
        unanalyzed: planned.unanalyzed,
        wal_per_row: cost.wal_per_row(width),
        cost,
    })
}

fn check_kind(
    kind: &str,
    has_children: bool,
    table: &str,
    batched: &Batched,
    key: &[String],
) -> Result<(), BackfillError> {
    let not = |what| Err(BackfillError::NotATable { table: table.to_owned(), what });
    match kind {
        "p" if key.is_empty() => Err(BackfillError::CtidOfPartitions { table: table.to_owned() }),
        "r" if has_children && !batched.table.only => {
            Err(BackfillError::Inherited { table: table.to_owned() })
        }
        "r" | "p" => Ok(()),
        "v" => not("a view"),
        "m" => not("a materialized view"),
        "f" => not("a foreign table"),
        "S" => not("a sequence"),
        _ => not("no table"),
    }
}

async fn check_calls(client: &Client, calls: &[String]) -> Result<(), StepError> {
    if calls.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = calls.iter().map(|name| quote_literal(name)).collect();
    // a name that is also that of a plain function is taken for the plain one
    let sql = format!(
        "SELECT proname FROM pg_catalog.pg_proc WHERE proname IN ({}) GROUP BY proname HAVING bool_and(prokind IN ('a', 'w'))",
        names.join(", ")
    );
    match rows(client, &sql, "looking at the functions of the backfill").await?.first() {
        Some(row) => Err(BackfillError::Aggregate { function: text(row, 0) }.into()),
        None => Ok(()),
    }
}

/// A unique index with its columns.
struct Candidate {
    index: String,
    columns: Vec<KeyColumn>,
    why_not: Option<String>,
}

async fn find_key(client: &Client, oid: &str, table: &str, key: &[String]) -> Result<Key, StepError> {
    let query = format!("{} {oid} ORDER BY 1, k.n", include_str!("sql/keys.sql").trim_end());
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut descending: Vec<bool> = Vec::new();
    for row in &rows(client, &query, "looking at the keys of the table").await? {
        let index = text(row, 0);
        if candidates.last().is_none_or(|last| last.index != index) {
            candidates.push(Candidate { index, columns: Vec::new(), why_not: None });
            descending.clear();
        }
        let Some(candidate) = candidates.last_mut() else { continue };
        let column = KeyColumn {
            name: text(row, 1),
            data_type: text(row, 2),
            collation: row.get(3).map(str::to_owned),
        };
        descending.push(text(row, 5) == "1");
        if text(row, 4) != "t" {
            candidate.why_not = Some(format!("{} may be NULL", column.name));
        } else if text(row, 6) != "t" {
            candidate.why_not = Some(format!("{} has an operator class with another order", column.name));
        } else if descending.iter().any(|one| *one != descending[0]) {
            candidate.why_not = Some("some of its columns ascend and some descend".into());
        }
        candidate.columns.push(column);
    }
    let usable = || {
        let good = candidates.iter().filter(|c| c.why_not.is_none());
        good.map(|c| c.columns.iter().map(|k| k.name.as_str()).collect::<Vec<_>>().join(", ")).collect()
    };
    let mut fitting: Vec<&Candidate> = candidates
        .iter()
        .filter(|c| c.columns.len() == key.len() && c.columns.iter().all(|column| key.contains(&column.name)))
        .collect();
    fitting.sort_by_key(|c| c.why_not.is_some());
    match fitting.first() {
        None => {
            Err(BackfillError::NoIndex { table: table.to_owned(), key: key.to_vec(), usable: usable() }
                .into())
        }
        Some(Candidate { index, why_not: Some(why), .. }) => {
            Err(BackfillError::Index { index: index.clone(), why: why.clone(), usable: usable() }.into())
        }
        Some(Candidate { columns, .. }) => Ok(Key { columns: columns.clone() }),
    }
}

/// How many pages the table has now, with its partitions.
///
/// # Errors
/// The server's.
pub async fn pages(client: &Client, oid: &str) -> Result<u64, StepError> {
    let sql = format!(
        "SELECT coalesce(sum(pg_catalog.pg_relation_size(t.relid) / current_setting('block_size')::bigint), 0)::bigint \
         FROM (SELECT {oid}::oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree({oid})) AS t"
    );
    let found = rows(client, &sql, "looking at the size of the table").await?;
    Ok(found.first().map_or(0, |row| number(row, 0)))
}

impl Subject {
    /// The condition for everything behind `after` and up to `upto`.
    pub fn condition(&self, qualifier: &str, after: Option<&Values>, upto: &Values, version: u32) -> String {
        match &self.walk {
            Walk::Key(key) => key.between(qualifier, after, Some(upto)),
            Walk::Blocks => key::blocks(qualifier, block(after), block(Some(upto)), version),
        }
    }

    /// Rows in a page.
    pub fn rows_per_page(&self) -> u64 {
        (self.rows / self.pages.max(1)).clamp(1, 291)
    }
}

/// The block of a position in a walk by blocks.
pub fn block(at: Option<&Values>) -> u64 {
    at.and_then(|values| values.first()?.parse().ok()).unwrap_or(0)
}

impl Cost {
    /// A row's header and item, and an entry in each index that it needs one in; pages that are
    /// written for the first time after a checkpoint go whole into the WAL and are not foreseen
    /// (<https://www.postgresql.org/docs/current/storage-hot.html>).
    fn wal_per_row(&self, width: u64) -> u64 {
        const RECORD: u64 = 70;
        const INDEX_ENTRY: u64 = 80;
        let entries = match self.verb {
            Verb::Update if self.indexed.is_empty() => 0,
            Verb::Update => self.indexes,
            Verb::Delete | Verb::Insert => 1,
        };
        let row = if self.verb == Verb::Delete { 0 } else { width };
        row + RECORD + entries * INDEX_ENTRY
    }

    /// What the table gains in dead rows, in a sentence.
    pub fn told(&self) -> String {
        match self.verb {
            Verb::Insert => "the table that is read gains no dead rows".into(),
            Verb::Delete => "each deleted row stays as a dead one until a vacuum".into(),
            Verb::Update if self.indexed.is_empty() => format!(
                "each changed row leaves a dead one; no index has the columns that are set, so HOT updates are possible where a page has room (fillfactor {})",
                self.fillfactor
            ),
            Verb::Update => format!(
                "each changed row leaves a dead one and a new entry in each of {} indexes, since {} is indexed (no HOT updates)",
                self.indexes,
                self.indexed.join(", ")
            ),
        }
    }
}

fn text(row: &SimpleQueryRow, column: usize) -> String {
    row.get(column).unwrap_or_default().to_owned()
}

fn number(row: &SimpleQueryRow, column: usize) -> u64 {
    row.get(column).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0) as u64
}
