//! A new table whose columns stand in an order that wastes eight or more bytes in each row.
//!
//! ## Why
//!
//! A bigint or a timestamptz begins at a multiple of eight bytes, an integer at a multiple of four. Behind a boolean
//! up to seven bytes stay empty. Over many rows that is disk, memory and time to read, and the order cannot be
//! changed later without a new table.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events (seen boolean NOT NULL, id bigint PRIMARY KEY, kind smallint, at timestamptz);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz, kind smallint, seen boolean NOT NULL);
//! ```
//!
//! The widest first, columns without a fixed width last.
//!
//! ## When to allow it
//!
//! There are few rows, or the order says more to those who read it.

use cutover_core::effect::known::DataType;
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::{columns, is_looked_at};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "column-order",
    level: Level::Note,
    area: Area::Design,
    title: "Columns in an order that wastes space",
    check: Check::Statement(check),
};

/// Fewer bytes are not worth a word.
const WORTH: usize = 8;

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::CreateStmt(it) = place.tree() else { return };
    if !it.inh_relations.is_empty() || !is_looked_at(place) {
        return;
    }
    let new = columns(place);
    let sized: Option<Vec<(Layout, &str)>> = new
        .iter()
        .map(|column| Some((layout(&place.known.column_of(column.definition).data_type)?, column.name)))
        .collect();
    let Some(mut sized) = sized else { return };
    let before = lost(sized.iter().map(|(layout, _)| *layout));
    // the widest first, what has no fixed width last
    sized.sort_by_key(|(layout, _)| std::cmp::Reverse(if layout.size.is_some() { layout.align } else { 0 }));
    let after = lost(sized.iter().map(|(layout, _)| *layout));
    if before < after + WORTH {
        return;
    }
    let names: Vec<&str> = sized.iter().map(|(_, name)| *name).collect();
    let message = format!(
        "every row has {} bytes more than it needs, to keep wide columns at even places",
        before - after
    );
    out.report(place.span(), message).help(format!("in this order: {}", names.join(", ")));
}

/// How a value is stored.
#[derive(Clone, Copy)]
struct Layout {
    /// It begins at a multiple of this.
    align: usize,
    /// How many bytes it takes, if that is always the same.
    size: Option<usize>,
}

/// Source: `typlen` and `typalign` of `pg_type`. Nothing for types that somebody made.
fn layout(data_type: &DataType) -> Option<Layout> {
    if data_type.schema.is_some() {
        return None;
    }
    let fixed = |align, size| Some(Layout { align, size: Some(size) });
    if data_type.array {
        return Some(Layout { align: 1, size: None });
    }
    match data_type.name.as_str() {
        "int8" | "float8" | "timestamp" | "timestamptz" | "time" | "money" => fixed(8, 8),
        "timetz" => fixed(8, 12),
        "interval" => fixed(8, 16),
        "int4" | "float4" | "date" | "oid" => fixed(4, 4),
        "int2" => fixed(2, 2),
        "bool" | "char" => fixed(1, 1),
        "uuid" => fixed(1, 16),
        "macaddr" => fixed(4, 6),
        "text" | "varchar" | "bpchar" | "bytea" | "numeric" | "json" | "jsonb" | "inet" | "cidr" | "bit"
        | "varbit" | "xml" | "tsvector" => Some(Layout { align: 1, size: None }),
        _ => None,
    }
}

/// The bytes between columns. Where one has no fixed width nobody knows what is lost behind it, and none is counted.
fn lost(columns: impl Iterator<Item = Layout>) -> usize {
    let (mut at, mut lost, mut known) = (0, 0, true);
    for column in columns {
        let Some(size) = column.size else {
            known = false;
            continue;
        };
        if known {
            let gap = (column.align - at % column.align) % column.align;
            lost += gap;
            at += gap + size;
        } else {
            // count anew, from an even place
            (at, known) = (size, true);
        }
    }
    lost
}
