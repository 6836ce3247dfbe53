//! Reads rows and the state of sequences, as texts that a file can carry.

use std::collections::BTreeMap;

use cutover_core::catalog::{Catalog, Id};
use cutover_core::object::table::Table;
use cutover_core::seed::{self, Rows, Value};

use crate::session::{Session, SessionError, rows};

/// Why rows cannot be carried by a file.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A query failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// More than a file should hold.
    #[error("{table} has {rows} rows, and a file carries at most {limit}")]
    TooMany {
        /// The table, as SQL has it.
        table: String,
        /// How many it has.
        rows: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// Rows of one table that a file carries at most.
pub const LIMIT: usize = 10_000;

/// Nothing of the session's own is in what the server writes
/// (<https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-DATETIME-OUTPUT>).
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; \
    SET LOCAL \"DateStyle\" = 'ISO, MDY'; SET LOCAL \"IntervalStyle\" = 'postgres'; SET LOCAL \"TimeZone\" = 'UTC'; \
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'";

/// Where a sequence is: its last value, and whether that was given out.
pub type Place = (i64, bool);

/// Reads the rows of tables, in one snapshot. Tables without rows are left out.
///
/// # Errors
/// When a table cannot be read, or has more rows than [`LIMIT`].
pub async fn read(
    session: &Session,
    catalog: &Catalog,
    tables: &[(&Id, &Table)],
) -> Result<Vec<Rows>, SeedError> {
    rows(session.client(), BEGIN, "reading rows").await?;
    let mut found = Vec::new();
    let mut failed = None;
    for (id, table) in tables {
        match one(session, catalog, id, table).await {
            Ok(it) if it.rows.is_empty() => {}
            Ok(it) => found.push(it),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let ended = rows(session.client(), "ROLLBACK", "reading rows").await;
    match failed {
        Some(error) => Err(error),
        None => ended.map(|_| found).map_err(Into::into),
    }
}

async fn one(session: &Session, catalog: &Catalog, id: &Id, table: &Table) -> Result<Rows, SeedError> {
    let columns = seed::columns(table);
    // one more than may be tells that there are too many, without reading them all
    let sql = format!("{} LIMIT {}", seed::query(catalog, id, table), LIMIT + 1);
    let read = rows(session.client(), &sql, "reading the rows of a table").await?;
    if read.len() > LIMIT {
        let count = format!("SELECT count(*) FROM {}", id.path());
        let many = rows(session.client(), &count, "counting the rows of a table").await?;
        let rows = many.first().and_then(|row| row.get(0)?.parse().ok()).unwrap_or(read.len());
        return Err(SeedError::TooMany { table: id.path(), rows, limit: LIMIT });
    }
    let value = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    let rows = read.iter().map(|row| (0..columns.len()).map(|at| value(row.get(at))).collect()).collect();
    Ok(Rows { table: (*id).clone(), columns, rows })
}

/// Where sequences are.
///
/// # Errors
/// When one cannot be read.
pub async fn places(
    session: &Session,
    sequences: &[String],
) -> Result<BTreeMap<String, Place>, SessionError> {
    let mut found = BTreeMap::new();
    if sequences.is_empty() {
        return Ok(found);
    }
    let queries: Vec<String> =
        sequences.iter().map(|name| format!("SELECT last_value, is_called FROM {name}")).collect();
    let read = rows(session.client(), &queries.join("; "), "reading sequences").await?;
    for (name, row) in sequences.iter().zip(read) {
        let last = row.get(0).and_then(|text| text.parse().ok()).unwrap_or_default();
        found.insert(name.clone(), (last, row.get(1) == Some("t")));
    }
    Ok(found)
}
