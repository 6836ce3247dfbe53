//! A sequence that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and calls nextval fails from the moment of the commit. Where the sequence stood is lost: one
//! that is made again begins at 1. With CASCADE the defaults that draw from it go as well, and INSERTs get NULL or
//! fail.
//!
//! ## Example
//!
//! ```sql
//! DROP SEQUENCE ticket_no;
//! ```
//!
//! ## Safe form
//!
//! There is none. Take it out of the defaults and the code first.
//!
//! ## When to allow it
//!
//! No default and no code that runs draws from it.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, each_dropped};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-sequence",
    level: Level::Error,
    area: Area::Code,
    title: "A sequence that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_dropped(place, What::Sequence, |names| {
        let message =
            format!("running code that draws numbers from {names} fails, and where it stood is lost");
        out.report(place.span(), message).help("drop it when no default and no code that runs draws from it");
    });
}
