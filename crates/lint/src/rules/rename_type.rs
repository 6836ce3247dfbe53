//! A type or domain that was there before gets another name.
//!
//! ## Why
//!
//! Columns follow the new name by themselves. Code that is running and writes the old one does not: casts, arguments
//! of functions, the types that a driver looked up by name. It fails with "type does not exist".
//!
//! ## Example
//!
//! ```sql
//! ALTER TYPE state RENAME TO order_state;
//! ```
//!
//! ## Safe form
//!
//! There is none: a type has one name. Let code that runs write no casts to it first, or keep the name.
//!
//! ## When to allow it
//!
//! No code that runs names the type.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::{What, each_renamed};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "rename-type",
    level: Level::Error,
    area: Area::Code,
    title: "A type or domain that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_renamed(place, What::Type, |it| {
        let message = format!("running code that names the type {} fails: it is {} now", it.from, it.to);
        out.report(place.span(), message)
            .help("keep the name, or take the casts to it out of the code first");
    });
}
