//! A foreign key goes, by itself or with its column or table, and the table that it refers to is locked.
//!
//! ## Why
//!
//! The triggers that watch over a foreign key stand on both tables, and PostgreSQL takes ACCESS EXCLUSIVE on both to
//! remove them. Most often the table that is referred to is the busier one: its readers and writers wait as well,
//! and the statement does not name it.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE customers (id bigint PRIMARY KEY);
//! CREATE TABLE orders (id bigint, customer_id bigint CONSTRAINT orders_customer REFERENCES customers (id));
//! -- revision
//! ALTER TABLE orders DROP CONSTRAINT orders_customer;
//! ```
//!
//! ## Safe form
//!
//! There is none without the lock. It is short when nobody holds the table for long: give the statement a
//! transaction of its own, and drop the foreign key before the column or the table, not with a lot else.
//!
//! ## When to allow it
//!
//! The revision runs with a lock timeout and the statement is alone in its transaction.

use std::collections::BTreeSet;

use cutover_core::effect::known::ConstraintKind;
use cutover_core::effect::{Mode, Rel};
use cutover_sql::tree::{AlterTableType, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::{altered, commands};
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-locks-referenced-table",
    level: Level::Warning,
    area: Area::Locks,
    title: "A foreign key goes, and the table that it refers to is locked",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let dropped = match place.tree() {
        NodeEnum::AlterTableStmt(_) => of_alter(place),
        NodeEnum::DropStmt(it)
            if matches!(it.remove_type(), ObjectType::ObjectTable | ObjectType::ObjectForeignTable) =>
        {
            of_tables(place, &relations(place, &it.objects))
        }
        _ => return,
    };
    let locked = |to: &&Rel| place.effects.mode(to) == Some(Mode::AccessExclusive) && place.is_old(to);
    let locked: Vec<&Rel> = dropped.iter().filter(locked).collect();
    if locked.is_empty() || place.is_refused() {
        return;
    }
    let message = format!(
        "reads and writes of {} wait for it too: a foreign key goes, which takes ACCESS EXCLUSIVE on both sides",
        list(locked)
    );
    out.report(place.span(), message).help("give it a transaction of its own, with a short lock_timeout");
}

/// What the foreign keys refer to that an ALTER TABLE drops, alone or with their columns.
fn of_alter(place: &Place<'_>) -> BTreeSet<Rel> {
    let Some(table) = altered(place) else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    for command in commands(place.tree()) {
        let is_column = command.subtype() == AlterTableType::AtDropColumn;
        if !is_column && command.subtype() != AlterTableType::AtDropConstraint {
            continue;
        }
        for constraint in place.known.get(&table).into_iter().flat_map(|it| &it.constraints) {
            let ConstraintKind::ForeignKey { to, .. } = &constraint.kind else { continue };
            let goes = if is_column {
                constraint.columns.contains(&command.name)
            } else {
                constraint.name == command.name
            };
            if goes && *to != table {
                found.insert(to.clone());
            }
        }
    }
    found
}

/// What the foreign keys of tables refer to, those tables aside.
fn of_tables(place: &Place<'_>, tables: &[Rel]) -> BTreeSet<Rel> {
    let constraints = tables.iter().filter_map(|table| place.known.get(table)).flat_map(|it| &it.constraints);
    let referenced = constraints.filter_map(|constraint| {
        let ConstraintKind::ForeignKey { to, .. } = &constraint.kind else { return None };
        Some(to.clone())
    });
    referenced.filter(|to| !tables.contains(to)).collect()
}
