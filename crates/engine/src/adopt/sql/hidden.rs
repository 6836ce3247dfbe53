//! A `CREATE TABLE IF NOT EXISTS` that did nothing, because there is a table of that name: whether it is the same one.

use cutover_sql::ident::{qualified, quote_literal};
use cutover_sql::tree::{self, NodeEnum, RangeVar};
use serde::Serialize;
use tokio_postgres::Client;

use crate::schema::SchemaError;
use crate::session::{SessionError, rows};

/// A table that a statement would have made, had there been none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hidden {
    /// The statement's place among the items.
    pub item: usize,
    /// The table's schema and name.
    pub table: (String, String),
    /// The columns that are there, with their types.
    pub there: Vec<(String, String)>,
    /// Those that the statement would have made.
    pub wanted: Vec<(String, String)>,
}

impl Hidden {
    /// Whether it would have been another table.
    pub fn differs(&self) -> bool {
        let sorted = |list: &[(String, String)]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        sorted(&self.there) != sorted(&self.wanted)
    }

    /// The table's name, quoted where it has to be.
    pub fn path(&self) -> String {
        qualified(&[&self.table.0, &self.table.1])
    }

    /// The columns of either side that the other has not, or has otherwise.
    pub fn lines(&self) -> Vec<String> {
        let of = |list: &[(String, String)], other: &[(String, String)]| -> Vec<String> {
            let mine = list.iter().filter(|column| !other.contains(column));
            mine.map(|(name, kind)| format!("{name} {kind}")).collect()
        };
        let line = |what: &str, list: Vec<String>| {
            (!list.is_empty()).then(|| format!("{what}: {}", list.join(", ")))
        };
        let there = line("only in the table that is there", of(&self.there, &self.wanted));
        let wanted = line("only in the statement", of(&self.wanted, &self.there));
        there.into_iter().chain(wanted).collect()
    }
}

/// What a statement that was skipped would have made. The transaction is as before afterwards: a savepoint brings the
/// dropped table back. Nobody else is on a scratch database, so the locks hurt nobody.
///
/// # Errors
/// When the connection is lost.
pub async fn look(
    client: &Client,
    item: usize,
    sql: &str,
    node: &NodeEnum,
) -> Result<Option<Hidden>, SchemaError> {
    let NodeEnum::CreateStmt(create) = node else { return Ok(None) };
    let Some(relation) = create.relation.as_ref().filter(|_| create.if_not_exists) else { return Ok(None) };
    let there = columns(client, relation).await?;
    let away = format!("DROP TABLE {} CASCADE", written(relation));
    let script = format!("SAVEPOINT cutover_hidden; {away}; {sql}");
    let made = client.batch_execute(&script).await;
    let wanted = match made {
        Ok(()) => Some(columns(client, relation).await?),
        Err(_) => None,
    };
    let back = "ROLLBACK TO SAVEPOINT cutover_hidden; RELEASE SAVEPOINT cutover_hidden";
    let what = "looking at a table that is there already";
    client.batch_execute(back).await.map_err(|source| SessionError::Query { what, source })?;
    let Some((table, wanted)) = wanted else { return Ok(None) };
    Ok(Some(Hidden { item, table, there: there.1, wanted }))
}

fn written(relation: &RangeVar) -> String {
    let parts: Vec<&str> = tree::schema(relation).into_iter().chain([relation.relname.as_str()]).collect();
    qualified(&parts)
}

/// Schema and name of a table as the server resolves it, and its columns.
async fn columns(
    client: &Client,
    relation: &RangeVar,
) -> Result<((String, String), Vec<(String, String)>), SchemaError> {
    let sql = format!(
        "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) \
         || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END \
         || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
         LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
         WHERE c.oid = {}::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        quote_literal(&written(relation))
    );
    let found = rows(client, &sql, "reading the columns of a table").await?;
    let text = |row: &tokio_postgres::SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    let name = found.first().map(|row| (text(row, 0), text(row, 1))).unwrap_or_default();
    Ok((name, found.iter().map(|row| (text(row, 2), text(row, 3))).collect()))
}
