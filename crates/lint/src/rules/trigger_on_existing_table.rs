//! A new trigger on a table that was there before.
//!
//! ## Why
//!
//! From the moment of the commit every write of running code runs the trigger's function as well: it takes its time,
//! takes the locks of what it does, and where it fails the write fails. CREATE TRIGGER takes SHARE ROW EXCLUSIVE, which
//! writes wait for, for a moment.
//!
//! ## Example
//!
//! ```sql
//! CREATE TRIGGER audit AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audit();
//! ```
//!
//! ## Safe form
//!
//! There is none in SQL. Let the function do nothing at first unless a setting says so
//! (`current_setting('app.audit', true)`), measure it, and switch it on when it is known what it costs. AFTER with FOR
//! EACH STATEMENT and a transition table runs once for many rows.
//!
//! ## When to allow it
//!
//! The function is quick and cannot fail.

use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, CreateTrigStmt, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::look::together::together;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "trigger-on-existing-table",
    level: Level::Note,
    area: Area::Design,
    title: "A new trigger on a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let NodeEnum::CreateTrigStmt(it) = one.node else { return };
        let Some(table) = it.relation.as_ref().map(|rel| one.known.resolve(rel)) else { return };
        if !one.is_old(&table)
            || was_there(one.known, &table, it)
            || takes_the_place_of_one(place, &table, it)
        {
            return;
        }
        let (_, function) = tree::qualified(&it.funcname);
        let message = format!(
            "each write to the {} {table} runs {function}() from then on, and fails where that fails",
            place.noun(&table)
        );
        out.report(place.span(), message).help("measure what the function costs before");
    });
}

fn was_there(known: &Known, table: &Rel, it: &CreateTrigStmt) -> bool {
    let triggers = known.get(table).into_iter().flat_map(|table| &table.triggers);
    triggers.into_iter().any(|own| own.name == it.trigname)
}

/// Whether the same transaction drops one of that name.
fn takes_the_place_of_one(place: &Place<'_>, table: &Rel, it: &CreateTrigStmt) -> bool {
    together(place).any(|item| match &*item.tree {
        NodeEnum::DropStmt(drop) if drop.remove_type() == ObjectType::ObjectTrigger => {
            let mut on = drop.objects.iter().filter_map(|node| place.known.on_what(node));
            on.any(|(of, name)| of == *table && name == it.trigname)
        }
        _ => false,
    })
}
