//! A function, procedure or aggregate that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and calls it fails from the moment of the commit: "function does not exist". Bodies of other
//! functions are text, and fail when they run. Where the same transaction makes it again with the same arguments,
//! nobody misses it; but the rights on it are gone, and what it gives back may be of another type. That is a warning.
//!
//! ## Example
//!
//! ```sql
//! DROP FUNCTION twice(int);
//! ```
//!
//! ## Safe form
//!
//! There is none. Take it out of the code first. A function with other arguments or another result comes under a new
//! name, or beside the old one, and the old one is dropped later.
//!
//! ## When to allow it
//!
//! No code that runs calls it; or it is made again in the same transaction, and callers get what they expect.

use cutover_sql::tree::{self, Node, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, dropped, routine_is_old};
use crate::look::runs::{One, each};
use crate::look::together::together;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-function",
    level: Level::Error,
    area: Area::Code,
    title: "A function, procedure or aggregate that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropStmt(it) = one.node else { return };
        let names = dropped(one, What::Routine);
        if names.is_empty() {
            return;
        }
        if it.objects.iter().all(|node| comes_again(place, one, node)) {
            // a downgrade cannot but make it again as it was
            if !place.is_upgrade() {
                return;
            }
            let message =
                format!("the rights on {} are gone, and callers may get another type", list(&names));
            out.report(place.span(), message)
                .level(Level::Warning)
                .help("CREATE OR REPLACE where the result is the same; else GRANT EXECUTE again");
        } else {
            let message = format!("running code that calls {} fails", list(&names));
            out.report(place.span(), message).help("drop it when no code that runs calls it");
        }
    });
}

/// Whether the same transaction makes a routine of that name and those arguments, or it is nobody's.
fn comes_again(place: &Place<'_>, one: &One<'_>, node: &Node) -> bool {
    if !routine_is_old(one.known, node) {
        return true;
    }
    let (schema, name) = tree::name_of(node);
    let old = one.known.routine_named(schema, name);
    let arguments = match tree::inner(node) {
        Some(NodeEnum::ObjectWithArgs(it)) if !it.args_unspecified => Some(one.known.arguments(it)),
        _ => None,
    };
    together(place).any(|item| match &*item.tree {
        NodeEnum::CreateFunctionStmt(new) => {
            let (schema, name) = tree::qualified(&new.funcname);
            schema.unwrap_or_else(|| one.known.creation_schema()) == old.schema
                && name == old.name
                && arguments.as_ref().is_none_or(|own| one.known.routine_of(new).arguments == *own)
        }
        _ => false,
    })
}
