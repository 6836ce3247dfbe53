//! A serial column gets a wider type, and its sequence stays as it was.
//!
//! ## Why
//!
//! The sequence of a serial column has a type of its own. Measured: after ALTER COLUMN id TYPE bigint the sequence of
//! a serial column is still an integer's, and at 2147483647 every INSERT fails with "nextval: reached maximum value
//! of sequence", though the column has room. The sequence of an identity column goes along with its column, and is
//! not reported.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id serial PRIMARY KEY);
//! ALTER TABLE orders ALTER COLUMN id TYPE bigint;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id serial PRIMARY KEY);
//! ALTER TABLE orders ALTER COLUMN id TYPE bigint;
//! ALTER SEQUENCE orders_id_seq AS bigint;
//! ```
//!
//! On a table that is in use the change of the column rewrites it; that is another rule's matter. The ALTER SEQUENCE
//! takes a moment.
//!
//! ## When to allow it
//!
//! The sequence is widened by a revision that is still to come.

use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, AlterTableType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each;
use crate::look::together::later;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "serial-type-too-small",
    level: Level::Warning,
    area: Area::Code,
    title: "A serial column gets a wider type, and its sequence stays as it was",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        for (table, command) in one.commands() {
            let Some(NodeEnum::ColumnDef(column)) = tree::boxed(command.def.as_deref()) else { continue };
            if command.subtype() != AlterTableType::AtAlterColumnType {
                continue;
            }
            let new = one.known.data_type(column.type_name.as_ref());
            let Some((sequence, last)) = narrower(one.known, &table, &command.name, &new.name) else {
                continue;
            };
            if widened_later(place, &sequence) {
                continue;
            }
            let message = format!(
                "INSERTs into {table} fail when {sequence} comes to {last}, though {} has room",
                command.name
            );
            out.report(place.span(), message).help(format!("ALTER SEQUENCE {sequence} AS {new}"));
        }
    });
}

/// How far an integer type counts.
fn reach(name: &str) -> Option<i64> {
    match name {
        "int2" => Some(i64::from(i16::MAX)),
        "int4" => Some(i64::from(i32::MAX)),
        "int8" => Some(i64::MAX),
        _ => None,
    }
}

/// The sequence of a serial column that does not count as far as a type, and how far it does.
fn narrower(known: &Known, table: &Rel, column: &str, new: &str) -> Option<(Rel, i64)> {
    let relation = known.get(table)?;
    if relation.column(column)?.identity {
        return None;
    }
    relation.sequences.iter().find_map(|name| {
        let sequence = known.get(name)?;
        let last = reach(sequence.counts_in.as_deref()?)?;
        let is_its = sequence.of.as_ref().is_some_and(|(_, own)| own == column);
        (is_its && last < reach(new)?).then(|| (name.clone(), last))
    })
}

/// Whether the sequence gets a type further down in the file.
fn widened_later(place: &Place<'_>, sequence: &Rel) -> bool {
    later(place).any(|item| match &*item.tree {
        NodeEnum::AlterSeqStmt(it) => {
            it.sequence.as_ref().is_some_and(|rel| place.known.resolve(rel) == *sequence)
                && tree::option(&it.options, "as").is_some()
        }
        _ => false,
    })
}
