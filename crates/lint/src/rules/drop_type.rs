//! A type or domain that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and writes its name fails from the moment of the commit: casts, arguments of functions, the
//! types that a driver looked up by name. PostgreSQL refuses to drop a type that a column has; with CASCADE the
//! column goes, values included.
//!
//! ## Example
//!
//! ```sql
//! DROP TYPE state;
//! ```
//!
//! ## Safe form
//!
//! There is none. Change the columns to another type first, and take its name out of the code.
//!
//! ## When to allow it
//!
//! No column has the type, and no code that runs names it.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, each_dropped};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-type",
    level: Level::Error,
    area: Area::Code,
    title: "A type or domain that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_dropped(place, What::Type, |names| {
        let message = format!("running code that names the type {names} fails");
        out.report(place.span(), message).help("drop it when no code that runs casts to it");
    });
}
