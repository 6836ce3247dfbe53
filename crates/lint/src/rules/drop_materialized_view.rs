//! A materialized view that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and reads it fails from the moment of the commit. Its rows can be computed again from its definition, as far
//! as the tables are still there; its indexes and rights go with it.
//!
//! ## Example
//!
//! ```sql
//! DROP MATERIALIZED VIEW daily_totals;
//! ```
//!
//! ## Safe form
//!
//! There is none. Take it out of the code first. To change its definition, make another one under a new name, fill and index it,
//! and move the code.
//!
//! ## When to allow it
//!
//! No code that runs reads it.

use crate::context::Place;
use crate::deep::{each, listed};
use crate::finding::Level;
use crate::old::{What, dropped};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-materialized-view",
    level: Level::Warning,
    area: Area::Code,
    title: "A materialized view that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let names = dropped(one, What::MaterializedView);
        if !names.is_empty() {
            let message = format!("running code that reads {} fails", listed(&names));
            out.report(place.span(), message).help("drop it when no code that runs reads it");
        }
    });
}
