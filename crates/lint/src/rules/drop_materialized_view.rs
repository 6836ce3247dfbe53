//! A materialized view that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and reads it fails from the moment of the commit. Its rows can be computed again from its
//! definition, as far as the tables are still there; its indexes and rights go with it.
//!
//! ## Example
//!
//! ```sql
//! DROP MATERIALIZED VIEW daily_totals;
//! ```
//!
//! ## Safe form
//!
//! There is none. Take it out of the code first. To change its definition, make another one under a new name, fill
//! and index it, and move the code.
//!
//! ## When to allow it
//!
//! No code that runs reads it.

use cutover_sql::tree::{self, DropStmt, Node, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::names;
use crate::look::old::{What, dropped, dropped_one};
use crate::look::runs::{One, each};
use crate::look::together::together;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-materialized-view",
    level: Level::Warning,
    area: Area::Code,
    title: "A materialized view that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropStmt(it) = one.node else { return };
        let names = dropped(one, What::MaterializedView);
        if names.is_empty() {
            return;
        }
        let names = list(&names);
        let comes_again = it.objects.iter().all(|node| comes_again(place, one, it, node));
        let message = if comes_again {
            format!("readers of {names} wait until it is filled again, and its rights and indexes are gone")
        } else {
            format!("running code that reads {names} fails")
        };
        out.report(place.span(), message)
            .help("make another one under a new name, and drop this one when no code that runs reads it");
    });
}

/// Whether the same transaction makes a materialized view of that name, or it is nobody's.
fn comes_again(place: &Place<'_>, one: &One<'_>, it: &DropStmt, node: &Node) -> bool {
    if dropped_one(one.known, it, node).is_none() {
        return true;
    }
    let (schema, name) = tree::name_of(node);
    let old = one.known.named(schema, name);
    together(place).any(|item| match &*item.tree {
        NodeEnum::CreateTableAsStmt(new) if new.objtype() == ObjectType::ObjectMatview => new
            .into
            .as_ref()
            .and_then(|into| into.rel.as_ref())
            .is_some_and(|rel| names::new(one.known, rel) == old),
        _ => false,
    })
}
