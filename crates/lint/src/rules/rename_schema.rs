//! A schema that was there before gets another name.
//!
//! ## Why
//!
//! Everything in it has another name at once. Code that is running and names it, or has it in its `search_path`,
//! fails from the moment of the commit; so do functions whose text or whose `SET search_path` has the old name.
//!
//! ## Example
//!
//! ```sql
//! ALTER SCHEMA sales RENAME TO trade;
//! ```
//!
//! ## Safe form
//!
//! There is none in one statement. Make the new schema, put a view there for each table, move the code, and move the
//! tables when no code asks for the old names.
//!
//! ## When to allow it
//!
//! Nothing that runs uses the schema, or the code stands still during the upgrade.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::{What, each_renamed};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "rename-schema",
    level: Level::Error,
    area: Area::Code,
    title: "A schema that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_renamed(place, What::Schema, |it| {
        let message =
            format!("running code that names anything in the schema {} fails: it is {} now", it.from, it.to);
        out.report(place.span(), message)
            .help(format!("make {} beside it, with views on the tables, and move the code first", it.to));
    });
}
