//! Autovacuum is switched off for a table that was there before.
//!
//! ## Why
//!
//! Dead rows are not cleared away: the table and its indexes grow with every UPDATE and DELETE, and the planner's
//! statistics age. It does not save the work against transaction id wraparound: that vacuum comes all the same, later
//! and with more to do.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE events SET (autovacuum_enabled = false);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE events SET (autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 10);
//! ```
//!
//! Autovacuum comes at another time, or more slowly. Where the same file switches it on again further down, nothing
//! is reported.
//!
//! ## When to allow it
//!
//! Something else vacuums and analyzes the table.

use cutover_core::effect::Rel;
use cutover_sql::tree::{self, AlterTableCmd, AlterTableType, DefElem, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::commands_on;
use crate::look::runs::each_in_upgrade;
use crate::look::together::later;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "autovacuum-off",
    level: Level::Warning,
    area: Area::Locks,
    title: "Autovacuum is switched off for a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for (table, command) in one.commands() {
            if option(command) == Some(false) && one.is_old(&table) && !comes_back(place, &table) {
                let message = format!("dead rows of {table} are not cleared away, and its statistics age");
                out.report(place.span(), message).help("change when autovacuum comes, or how fast it goes");
            }
        }
    });
}

/// Whether it is switched on again further down.
fn comes_back(place: &Place<'_>, table: &Rel) -> bool {
    later(place)
        .flat_map(|item| commands_on(&item.tree))
        .any(|(written, command)| place.known.resolve(written) == *table && option(command) == Some(true))
}

/// What an ALTER TABLE says of autovacuum.
fn option(it: &AlterTableCmd) -> Option<bool> {
    let Some(NodeEnum::List(list)) = tree::boxed(it.def.as_deref()) else { return None };
    let options = list.items.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::DefElem(option) => Some(option.as_ref()),
        _ => None,
    });
    // that of the TOAST table has a namespace
    let mut own = options.filter(|it| it.defname == "autovacuum_enabled" && it.defnamespace.is_empty());
    match it.subtype() {
        AlterTableType::AtSetRelOptions => own.next_back().map(|option| !is_off(option)),
        AlterTableType::AtResetRelOptions => own.next_back().map(|_| true),
        _ => None,
    }
}

fn is_off(option: &DefElem) -> bool {
    let word = match tree::boxed(option.arg.as_deref()) {
        Some(NodeEnum::String(it)) => it.sval.clone(),
        Some(NodeEnum::TypeName(it)) => tree::qualified(&it.names).1.to_owned(),
        Some(NodeEnum::Integer(it)) => it.ival.to_string(),
        Some(NodeEnum::Boolean(it)) => it.boolval.to_string(),
        _ => return false,
    };
    let word = word.to_ascii_lowercase();
    // as parse_bool reads it: the beginning of a word is enough
    word == "0" || word == "off" || word == "of" || ["false", "no"].iter().any(|no| no.starts_with(&word))
}
