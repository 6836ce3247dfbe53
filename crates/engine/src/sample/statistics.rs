//! The planner's statistics: how large tables and indexes are, and, from 18 on, what their columns hold.
//!
//! The planner multiplies the rows a page of `pg_class` with the pages that a file really has, so the numbers of size say
//! how rows lie in a table and do not make an empty one large. A table whose rows were copied keeps the numbers of its
//! own file. Source: `estimate_rel_size`, and
//! <https://www.postgresql.org/docs/18/functions-admin.html#FUNCTIONS-ADMIN-STATSMOD>.

use std::collections::BTreeSet;

use cutover_core::effect::Rel;
use cutover_sql::ident::quote_literal;
use tokio_postgres::SimpleQueryRow;

use super::rows::{path, run};
use super::{Both, Copied, Live, SampleError};
use crate::session::{Session, rows};

/// The first version that takes statistics of columns.
const TAKES_COLUMNS: u32 = 180_000;

/// Copies the statistics of tables.
pub(super) async fn copy(
    live: &Live,
    to: &Session,
    both: &Both<'_>,
    tables: &[Rel],
    copied: &mut Copied,
) -> Result<(), SampleError> {
    let mut wanted: BTreeSet<Rel> = tables.iter().filter(|it| both.there.contains_key(it)).cloned().collect();
    wanted.extend(copied.tables.iter().map(|it| it.table.clone()));
    wanted.retain(|table| both.here.contains_key(table));
    let takes_columns = to.facts.version >= TAKES_COLUMNS;
    let sizes = rows(live.client(), include_str!("sql/sizes.sql"), "reading sizes").await?;
    for row in &sizes {
        let table = Rel::new(text(row, 5), text(row, 6));
        if wanted.contains(&table) && copied.of(&table).is_none() {
            run(to.client(), &size(row, takes_columns)).await?;
            if !copied.sizes.contains(&table) {
                copied.sizes.push(table);
            }
        }
    }
    mark(to, &copied.sizes).await?;
    if takes_columns {
        let columns = rows(live.client(), include_str!("sql/statistics.sql"), "reading statistics").await?;
        for row in &columns {
            let table = Rel::new(text(row, 0), text(row, 1));
            let has = |name: &str| {
                both.here.get(&table).is_some_and(|it| it.columns.iter().any(|column| column.name == name))
            };
            if wanted.contains(&table) && has(text(row, 2)) {
                run(to.client(), &column(row)).await?;
                copied.columns += 1;
            }
        }
    }
    Ok(())
}

/// Tells the trace which tables have numbers that are not their own: a setting of the scratch database, which each new
/// session finds.
async fn mark(to: &Session, tables: &[Rel]) -> Result<(), SampleError> {
    if tables.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = tables.iter().map(|table| quote_literal(&path(table))).collect();
    let sql = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET cutover.copied_sizes = %L', current_database(), \
         (SELECT string_agg(to_regclass(name)::oid::text, ',') FROM unnest(ARRAY[{}]::text[]) AS name)); END $$",
        names.join(", ")
    );
    run(to.client(), &sql).await
}

/// Sets the numbers of a table or index. Before 18 it is a row of the catalog, which a superuser of a scratch database
/// may change; nobody else is there to wait for it.
fn size(row: &SimpleQueryRow, takes: bool) -> String {
    let (pages, tuples, visible) = (text(row, 2), text(row, 3), text(row, 4));
    if takes {
        return format!(
            "SELECT pg_catalog.pg_restore_relation_stats('schemaname', {}, 'relname', {}, \
             'relpages', {pages}::int4, 'reltuples', {tuples}::float4, 'relallvisible', {visible}::int4)",
            quote_literal(text(row, 0)),
            quote_literal(text(row, 1)),
        );
    }
    let name = path(&Rel::new(text(row, 0), text(row, 1)));
    format!(
        "UPDATE pg_catalog.pg_class SET relpages = {pages}, reltuples = {tuples}, relallvisible = {visible} \
         WHERE oid = to_regclass({})",
        quote_literal(&name)
    )
}

/// What each part of the statistics is called, and its type.
const PARTS: [(&str, &str); 10] = [
    ("null_frac", "float4"),
    ("avg_width", "int4"),
    ("n_distinct", "float4"),
    ("most_common_vals", "text"),
    ("most_common_freqs", "float4[]"),
    ("histogram_bounds", "text"),
    ("correlation", "float4"),
    ("most_common_elems", "text"),
    ("most_common_elem_freqs", "float4[]"),
    ("elem_count_histogram", "float4[]"),
];

/// Sets the statistics of a column.
fn column(row: &SimpleQueryRow) -> String {
    let mut sql = format!(
        "SELECT pg_catalog.pg_restore_attribute_stats('schemaname', {}, 'relname', {}, 'attname', {}, 'inherited', {}::bool",
        quote_literal(text(row, 0)),
        quote_literal(text(row, 1)),
        quote_literal(text(row, 2)),
        quote_literal(text(row, 3)),
    );
    for (at, (name, data_type)) in PARTS.iter().enumerate() {
        if let Some(value) = row.get(at + 4) {
            sql.push_str(&format!(", '{name}', {}::{data_type}", quote_literal(value)));
        }
    }
    sql.push(')');
    sql
}

fn text(row: &SimpleQueryRow, at: usize) -> &str {
    row.get(at).unwrap_or_default()
}
