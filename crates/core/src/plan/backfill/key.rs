//! Conditions on a key, and the queries that go along it.
//!
//! A range is everything behind one key up to and with another. Comparisons are those of the
//! key's index, so that each of them is a scan of a part of it. It knows names and types that the
//! database gave, and no database.

use cutover_sql::ident::{quote_ident, quote_literal};

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// The name.
    pub name: String,
    /// The type, as `format_type` writes it.
    pub data_type: String,
    /// The collation of the index when it is not the column's own, quoted and with its schema.
    pub collation: Option<String>,
}

/// A key: all of its columns ascending, or all descending, in one index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The columns in the order of the index.
    pub columns: Vec<KeyColumn>,
}

/// The values of a key's columns as text.
pub type Values = Vec<String>;

impl Key {
    /// The condition for everything behind `after` and up to and with `upto`, on the columns of
    /// `qualifier`.
    ///
    /// Of several columns the first is bounded once more by itself: the planner knows how many
    /// rows are between two values of one column, and does not for rows of values.
    pub fn between(&self, qualifier: &str, after: Option<&Values>, upto: Option<&Values>) -> String {
        let mut parts = Vec::new();
        for (bound, operator) in [(after, ">"), (upto, "<=")] {
            let Some(bound) = bound else { continue };
            parts.push(format!("{} {operator} {}", self.row(qualifier), self.literals(bound)));
            if self.columns.len() > 1 {
                let (first, value) = (self.column(qualifier, 0), self.literal(bound, 0));
                let wider = if operator == ">" { ">=" } else { "<=" };
                parts.push(format!("{first} {wider} {value}"));
            }
        }
        if parts.is_empty() { "true".into() } else { parts.join(" AND ") }
    }

    /// The query for the last key of the next `rows` rows behind `after` and up to `upto`; no row
    /// when there are fewer. `table` is SQL. It takes ACCESS SHARE and reads the index alone
    /// where pages are all visible.
    pub fn end_of_batch(
        &self,
        table: &str,
        after: Option<&Values>,
        upto: Option<&Values>,
        rows: u64,
    ) -> String {
        format!(
            "SELECT {} FROM {table} AS k WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            self.texts("k"),
            self.between("k", after, upto),
            self.order("k", ""),
            rows.saturating_sub(1),
        )
    }

    /// The query for the last key there is; no row for an empty table.
    pub fn last(&self, table: &str) -> String {
        format!("SELECT {} FROM {table} AS k ORDER BY {} LIMIT 1", self.texts("k"), self.order("k", " DESC"))
    }

    /// The query for keys that divide the table into `parts` of about the same size, from a sample
    /// of `percent` of its pages
    /// (<https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM>).
    pub fn dividers(&self, table: &str, percent: f64, parts: u32) -> String {
        let names: Vec<String> = (0..self.columns.len()).map(|i| format!("k{i}")).collect();
        let columns: Vec<String> =
            (0..names.len()).map(|i| format!("{} AS {}", self.column("k", i), names[i])).collect();
        let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
        format!(
            "SELECT {} FROM (SELECT {}, row_number() OVER (ORDER BY {}) AS place, count(*) OVER () AS many \
             FROM {table} AS k TABLESAMPLE SYSTEM ({percent})) AS sample \
             WHERE many >= {parts} AND place IN (SELECT many * part / {parts} FROM generate_series(1, {parts} - 1) AS part) \
             ORDER BY place",
            texts.join(", "),
            columns.join(", "),
            self.order("k", ""),
        )
    }

    fn column(&self, qualifier: &str, at: usize) -> String {
        let column = &self.columns[at];
        let collation = column.collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default();
        format!("{qualifier}.{}{collation}", quote_ident(&column.name))
    }

    fn row(&self, qualifier: &str) -> String {
        let all: Vec<String> = (0..self.columns.len()).map(|i| self.column(qualifier, i)).collect();
        if all.len() == 1 { all.concat() } else { format!("({})", all.join(", ")) }
    }

    fn literal(&self, values: &Values, at: usize) -> String {
        let value = values.get(at).map_or("", String::as_str);
        format!("{}::{}", quote_literal(value), self.columns[at].data_type)
    }

    fn literals(&self, values: &Values) -> String {
        let all: Vec<String> = (0..self.columns.len()).map(|i| self.literal(values, i)).collect();
        if all.len() == 1 { all.concat() } else { format!("({})", all.join(", ")) }
    }

    fn texts(&self, qualifier: &str) -> String {
        let text = |column: &KeyColumn| format!("{qualifier}.{}::text", quote_ident(&column.name));
        self.columns.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    fn order(&self, qualifier: &str, direction: &str) -> String {
        let all = (0..self.columns.len()).map(|i| format!("{}{direction}", self.column(qualifier, i)));
        all.collect::<Vec<_>>().join(", ")
    }
}

/// The condition for the rows in blocks from `first` up to and without `end`.
///
/// Since PostgreSQL 14 a range of ctid is a scan of those blocks alone; before, each row that can
/// be in them is named (a page of 8 kB has at most 291).
pub fn blocks(qualifier: &str, first: u64, end: u64, version: u32) -> String {
    if version >= 140_000 {
        return format!("{qualifier}.ctid >= '({first},0)'::tid AND {qualifier}.ctid < '({end},0)'::tid");
    }
    let last = end.saturating_sub(1);
    format!(
        "{qualifier}.ctid = ANY (ARRAY(SELECT format('(%s,%s)', b, i)::tid \
         FROM generate_series({first}, {last}) AS b, generate_series(1, 291) AS i))"
    )
}
