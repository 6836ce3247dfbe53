//! A view that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and reads it fails from the moment of the commit: "relation does not exist". Where the same
//! transaction makes it again, nobody misses it; but the rights on it are gone, and code fails that names a column
//! which it does not have any more. That is a warning.
//!
//! ## Example
//!
//! ```sql
//! DROP VIEW open_orders;
//! ```
//!
//! ## Safe form
//!
//! There is none. Take it out of the code first. To change its columns, make another view under a new name and move
//! the code; CREATE OR REPLACE VIEW can add columns at the end and keeps the rights.
//!
//! ## When to allow it
//!
//! No code that runs reads it; or it is made again in the same transaction, with its rights and at least its old
//! columns.

use cutover_sql::tree::{self, DropStmt, Node, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, dropped, dropped_one};
use crate::look::runs::{One, each};
use crate::look::together::view_comes;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-view",
    level: Level::Error,
    area: Area::Code,
    title: "A view that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropStmt(it) = one.node else { return };
        let names = dropped(one, What::View);
        if names.is_empty() {
            return;
        }
        if it.objects.iter().all(|node| comes_again(place, one, it, node)) {
            // a downgrade cannot but make it again as it was
            if !place.is_upgrade() {
                return;
            }
            let message =
                format!("the rights on {} are gone, and columns that it loses are missed", list(&names));
            out.report(place.span(), message)
                .level(Level::Warning)
                .help("CREATE OR REPLACE VIEW where columns only come at the end; else GRANT again");
        } else {
            let message = format!("running code that reads {} fails", list(&names));
            out.report(place.span(), message).help("drop it when no code that runs reads it");
        }
    });
}

/// Whether the same transaction makes a view of that name, or it is nobody's.
fn comes_again(place: &Place<'_>, one: &One<'_>, it: &DropStmt, node: &Node) -> bool {
    if dropped_one(one.known, it, node).is_none() {
        return true;
    }
    let (schema, name) = tree::name_of(node);
    let old = one.known.named(schema, name);
    view_comes(place, one.known, &old)
}
