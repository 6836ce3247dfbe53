//! An extension that was there before is dropped.
//!
//! ## Why
//!
//! Its functions, types and operators go. Code that is running and uses them fails from the moment of the commit.
//! With CASCADE, columns of its types, and indexes and defaults that use its functions, go as well.
//!
//! ## Example
//!
//! ```sql
//! DROP EXTENSION pgcrypto;
//! ```
//!
//! ## Safe form
//!
//! There is none. Take what it brought out of the schema and of the code first, one by one, and drop it without
//! CASCADE.
//!
//! ## When to allow it
//!
//! No code that runs, no default, no index and no function uses what it brought.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, each_dropped};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-extension",
    level: Level::Error,
    area: Area::Code,
    title: "An extension that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_dropped(place, What::Extension, |names| {
        let message = format!("running code that uses the functions, types or operators of {names} fails");
        out.report(place.span(), message).help("drop it when nothing uses what it brought");
    });
}
