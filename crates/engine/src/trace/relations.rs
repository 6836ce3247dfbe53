//! The relations of a database with their files and counters, at one moment; and what differs between two.
//!
//! Knows nothing of statements.

use std::collections::BTreeMap;

use cutover_core::effect::Mode;
use tokio_postgres::{Client, SimpleQueryRow};

use super::{Name, Observed};
use crate::session::{SessionError, rows};

const RELATIONS: &str = include_str!("sql/relations.sql");
const LOCKS: &str = include_str!("sql/locks.sql");

/// Part of a table's rows that makes "all of them": `reltuples` is an estimate.
const NEARLY_ALL: f64 = 0.9;

/// A relation at one moment.
#[derive(Clone, Debug)]
pub struct Relation {
    /// What it is called.
    pub name: Name,
    kind: char,
    /// 0 for what has no file.
    file: u32,
    /// As of the last ANALYZE; below 0 when there was none.
    rows: f64,
    /// Sequential scans that were begun, rows that they gave, and rows that were fetched by way of an index:
    /// since the session last told the statistics, which it never does within a transaction.
    scans: i64,
    returned: i64,
    fetched: i64,
}

impl Relation {
    /// Whether it is a table that `LOCK TABLE` can lock by itself.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, 'r' | 'p')
    }
}

/// Relations by oid.
pub type Relations = BTreeMap<u32, Relation>;

/// A lock that a session holds or waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The relation's oid.
    pub relation: u32,
    /// How.
    pub mode: Mode,
    /// Whether it has it.
    pub granted: bool,
}

/// Reads all relations but the system's own. Takes ACCESS SHARE on system catalogs only.
///
/// # Errors
/// The query's.
pub async fn read(client: &Client) -> Result<Relations, SessionError> {
    let rows = rows(client, RELATIONS, "reading the relations").await?;
    Ok(rows.iter().map(decode).collect())
}

/// Reads what locks on relations a session has. Takes ACCESS SHARE on system catalogs only.
///
/// # Errors
/// The query's.
pub async fn locks(client: &Client, pid: &str) -> Result<Vec<Lock>, SessionError> {
    let sql = format!("{} {pid}", LOCKS.trim_end());
    let rows = rows(client, &sql, "reading the locks").await?;
    let lock = |row: &SimpleQueryRow| {
        let mode = Mode::from_pg_locks(row.get(1).unwrap_or_default())?;
        Some(Lock { relation: number(row, 0), mode, granted: row.get(2) == Some("t") })
    };
    Ok(rows.iter().filter_map(lock).collect())
}

fn decode(row: &SimpleQueryRow) -> (u32, Relation) {
    let text = |i: usize| row.get(i).unwrap_or_default().to_owned();
    let relation = Relation {
        name: (text(1), text(2)),
        kind: text(3).chars().next().unwrap_or('?'),
        file: number(row, 4),
        rows: text(5).parse().unwrap_or(-1.0),
        scans: number(row, 6),
        returned: number(row, 7),
        fetched: number(row, 8),
    };
    (number(row, 0), relation)
}

fn number<T: std::str::FromStr + Default>(row: &SimpleQueryRow, at: usize) -> T {
    row.get(at).and_then(|text| text.parse().ok()).unwrap_or_default()
}

impl Observed {
    /// Adds locks on relations that were there before.
    pub(super) fn locked(&mut self, before: &Relations, locks: impl IntoIterator<Item = Lock>) {
        for lock in locks {
            let Some(relation) = before.get(&lock.relation) else { continue };
            self.kinds.insert(relation.name.clone(), relation.kind);
            let mode = self.locks.entry(relation.name.clone()).or_insert(lock.mode);
            *mode = lock.mode.max(*mode);
        }
    }

    /// Adds the relations whose rows are in another file than before.
    pub(super) fn moved(&mut self, before: &Relations, after: &Relations) {
        for (oid, old) in before.iter().filter(|(_, old)| old.file != 0) {
            let is_index = old.kind == 'i';
            // an ALTER TABLE that needs an index in another form drops it and makes one of the same name
            let again = || after.values().find(|new| is_index && new.name == old.name);
            let new = after.get(oid).or_else(again);
            let set = match old.kind {
                'i' => &mut self.rebuilt,
                'r' | 'm' => &mut self.rewritten,
                _ => continue,
            };
            if new.is_some_and(|new| new.file != old.file) {
                set.insert(old.name.clone());
                self.kinds.insert(old.name.clone(), old.kind);
            }
        }
    }

    /// Adds the tables of which every row was read between two moments of one transaction.
    ///
    /// The counters are those of `pg_stat_xact_user_tables`
    /// (<https://www.postgresql.org/docs/current/monitoring-stats.html>). A sequential scan is counted when it
    /// begins, and its rows when they are handed out, so a LIMIT does not look like a scan; DDL reads tables by the
    /// same scan (`heap_getnext`), and a foreign key is checked by a query. Blocks are no measure: an INSERT fetches
    /// one for each row. A sample (ANALYZE, TABLESAMPLE) counts no rows or begins no scan, and is none.
    pub(super) fn scanned(&mut self, before: &Relations, after: &Relations) {
        for (oid, old) in before {
            let (Some(new), 'r' | 'm') = (after.get(oid), old.kind) else { continue };
            let all = (old.rows * NEARLY_ALL).ceil().max(0.0);
            let grown = |count: fn(&Relation) -> i64| (count(new) - count(old)) as f64;
            let in_order = grown(|r| r.scans) > 0.0 && grown(|r| r.returned) >= all;
            let by_index = all > 0.0 && grown(|r| r.fetched) >= all;
            if in_order || by_index {
                self.scanned.insert(old.name.clone());
                self.kinds.insert(old.name.clone(), old.kind);
            }
        }
    }
}
