//! The tables of a database, with what is needed to read and write their rows.

use cutover_core::effect::Rel;
use serde::Deserialize;
use tokio_postgres::Client;

use crate::session::{SessionError, rows};

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub name: Rel,
    /// The partitioned table that it is a partition of.
    pub part_of: Option<Rel>,
    /// Whether it has its rows in partitions.
    pub partitioned: bool,
    /// Rows and bytes as the planner has them, of all partitions; a table that was never analyzed has 0 rows.
    pub rows: f64,
    pub bytes: u64,
    pub columns: Vec<Column>,
}

/// A column of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Column {
    pub name: String,
    /// Its type, as SQL would have it.
    #[serde(rename = "type")]
    pub data_type: String,
    pub generated: bool,
}

/// Reads them. Takes ACCESS SHARE on system catalogs only.
pub(super) async fn read(client: &Client) -> Result<Vec<Table>, SessionError> {
    let found = rows(client, include_str!("sql/tables.sql"), "looking at the tables").await?;
    let table = |row: &tokio_postgres::SimpleQueryRow| {
        let text = |i: usize| row.get(i).unwrap_or_default();
        let part_of = row.get(3).map(|name| Rel::new(text(2), name));
        Table {
            name: Rel::new(text(0), text(1)),
            part_of,
            partitioned: text(4) == "p",
            rows: text(5).parse().unwrap_or(0.0),
            bytes: text(6).parse().unwrap_or(0),
            columns: serde_json::from_str(text(7)).unwrap_or_default(),
        }
    };
    Ok(found.iter().map(table).collect())
}
