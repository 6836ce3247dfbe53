//! A function, procedure or aggregate that was there before gets another name.
//!
//! ## Why
//!
//! Code that is running calls the old name and fails from the moment of the commit: "function does not exist". Bodies
//! of other functions are text and keep the old name, too; they fail when they run.
//!
//! ## Example
//!
//! ```sql
//! ALTER FUNCTION twice(int) RENAME TO double_of;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE FUNCTION double_of(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT twice(n) $$;
//! ```
//!
//! Both names work until no code calls the old one; then the body moves to the new one.
//!
//! ## When to allow it
//!
//! Nothing that runs calls it, or the code stands still during the upgrade.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::{What, each_renamed};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "rename-function",
    level: Level::Error,
    area: Area::Code,
    title: "A function, procedure or aggregate that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_renamed(place, What::Routine, |it| {
        let message =
            format!("running code that calls the {} {} fails: it is {} now", it.noun, it.from, it.to);
        out.report(place.span(), message)
            .help(format!("make {} beside it, and drop {} when no code calls it", it.to, it.from));
    });
}
