//! Rows that a file inserts: how many, and by which keys they would be found elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use cutover_sql::ident::{qualified, quote_ident, quote_literal};
use serde::Serialize;
use tokio_postgres::{Client, SimpleQueryRow};

use crate::session::{Patience, SessionError, look, rows};

/// So many rows of a table are looked at.
const MOST: usize = 1000;

/// Rows that came with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seed {
    /// The table, quoted where it has to be.
    pub table: String,
    /// How many more rows it has after the file.
    pub rows: u64,
    /// The columns of a key that the file gives itself; none where the server makes up every key.
    pub key: Vec<String>,
    /// Its values, of as many rows as were looked at.
    pub values: Vec<Vec<String>>,
}

/// The rows of a database at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment(BTreeMap<String, Table>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    rows: u64,
    key: Vec<String>,
    values: BTreeSet<Vec<String>>,
}

const TABLES: &str = "SELECT n.nspname, c.relname, coalesce((SELECT json_agg(a.attname ORDER BY k.place)::text \
    FROM (SELECT i.indexrelid, i.indkey FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indexprs IS NULL \
      AND i.indpred IS NULL AND NOT EXISTS (SELECT FROM pg_attribute d WHERE d.attrelid = c.oid \
        AND d.attnum = ANY (i.indkey) AND (d.atthasdef OR d.attidentity <> '')) \
      ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) i, unnest(i.indkey) WITH ORDINALITY k(number, place) \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number), '[]') \
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'r' AND c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'cutover') \
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = c.oid AND x.classid = 'pg_class'::regclass AND x.deptype = 'e')";

/// Counts the rows of all tables, and takes down the keys of those that have another number of rows than before.
///
/// # Errors
/// When a query fails.
pub async fn moment(client: &Client, before: &Moment) -> Result<Moment, SessionError> {
    let what = "counting rows";
    let tables = rows(client, TABLES, what).await?;
    let get = |row: &SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    let names: Vec<String> = tables.iter().map(|row| qualified(&[get(row, 0), get(row, 1)])).collect();
    let queries: Vec<String> = names.iter().map(|name| format!("SELECT count(*) FROM ONLY {name}")).collect();
    let counts = if names.is_empty() { Vec::new() } else { rows(client, &queries.join(";"), what).await? };
    let mut found = BTreeMap::new();
    for ((row, name), counted) in tables.iter().zip(names).zip(counts) {
        let key: Vec<String> = serde_json::from_str(&get(row, 2)).unwrap_or_default();
        let count = get(&counted, 0).parse().unwrap_or(0);
        let table = match before.0.get(&name) {
            Some(was) if was.rows == count && was.key == key => was.clone(),
            _ => {
                let values = values(client, &name, &key, count).await?;
                Table { rows: count, key, values }
            }
        };
        found.insert(name, table);
    }
    Ok(Moment(found))
}

async fn values(
    client: &Client,
    name: &str,
    key: &[String],
    count: u64,
) -> Result<BTreeSet<Vec<String>>, SessionError> {
    if count == 0 || key.is_empty() {
        return Ok(BTreeSet::new());
    }
    let columns: Vec<String> = key.iter().map(|it| format!("{}::text", quote_ident(it))).collect();
    let sql = format!("SELECT {} FROM ONLY {name} LIMIT {MOST}", columns.join(", "));
    let found = rows(client, &sql, "reading the keys of rows").await?;
    let read =
        |row: &SimpleQueryRow| (0..key.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect();
    Ok(found.iter().map(read).collect())
}

/// The rows that came between two moments.
pub fn between(before: &Moment, after: &Moment) -> Vec<Seed> {
    let nothing = Table::default();
    let seeds = after.0.iter().filter_map(|(name, now)| {
        let was = before.0.get(name).unwrap_or(&nothing);
        let rows = now.rows.checked_sub(was.rows).filter(|rows| *rows > 0)?;
        let values = now.values.difference(&was.values).cloned().collect();
        Some(Seed { table: name.clone(), rows, key: now.key.clone(), values })
    });
    seeds.collect()
}

impl Seed {
    /// `(a, b) IN (('1', 'x'), ...)`; nothing where no key is known.
    pub fn condition(&self) -> Option<String> {
        if self.key.is_empty() || self.values.is_empty() {
            return None;
        }
        let columns: Vec<String> = self.key.iter().map(|it| quote_ident(it).into_owned()).collect();
        let row = |values: &Vec<String>| {
            let values: Vec<String> = values.iter().map(|it| quote_literal(it)).collect();
            format!("({})", values.join(", "))
        };
        let all: Vec<String> = self.values.iter().map(row).collect();
        Some(format!("({}) IN ({})", columns.join(", "), all.join(", ")))
    }

    /// How many of its rows are in another database: a look-up by the key, with the lock of a SELECT, which
    /// disturbs nobody. Nothing where no key is known or the table is another one there.
    pub async fn found_in(&self, client: &Client) -> Option<u64> {
        let sql = format!("SELECT count(*) FROM {} WHERE {}", self.table, self.condition()?);
        let found = look(client, &sql, "looking for rows", Patience::USUAL).await.ok()?;
        found.first()?.get(0)?.parse().ok()
    }
}
