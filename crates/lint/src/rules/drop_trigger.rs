//! A trigger that was there before is dropped.
//!
//! ## Why
//!
//! What it did for each row is not done from then on, and rows that are written meanwhile are not looked at later:
//! stamps, audit rows, sums, guards. The statement takes ACCESS EXCLUSIVE on the table for a moment.
//!
//! ## Example
//!
//! ```sql
//! DROP TRIGGER audit ON docs;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! DROP TRIGGER audit ON docs;
//! CREATE TRIGGER audit AFTER INSERT OR UPDATE ON docs FOR EACH ROW EXECUTE FUNCTION audit();
//! ```
//!
//! A trigger that shall only be another is made again in the same transaction; since PostgreSQL 14 CREATE OR REPLACE
//! TRIGGER does it in one statement.
//!
//! ## When to allow it
//!
//! The code does what the trigger did, or nobody needs it any more.

use cutover_core::effect::Rel;
use cutover_sql::tree::{NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each;
use crate::look::together::together;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-trigger",
    level: Level::Note,
    area: Area::Code,
    title: "A trigger that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropStmt(it) = one.node else { return };
        if it.remove_type() != ObjectType::ObjectTrigger {
            return;
        }
        for (table, name) in it.objects.iter().filter_map(|node| one.known.on_what(node)) {
            let triggers = one.known.get(&table).map(|it| &it.triggers);
            let trigger = triggers.and_then(|all| all.iter().find(|trigger| trigger.name == name));
            let is_new = trigger.is_some_and(|trigger| one.known.is_new(trigger.made));
            if one.is_old(&table) && !is_new && !comes_again(place, &table, &name) {
                let message = format!("what the trigger {name} did for rows of {table} is not done any more");
                out.report(place.span(), message)
                    .help("make the one that takes its place in the same transaction");
            }
        }
    });
}

fn comes_again(place: &Place<'_>, table: &Rel, name: &str) -> bool {
    together(place).any(|item| match &*item.tree {
        NodeEnum::CreateTrigStmt(it) => {
            it.trigname == name && it.relation.as_ref().is_some_and(|rel| place.known.resolve(rel) == *table)
        }
        _ => false,
    })
}
