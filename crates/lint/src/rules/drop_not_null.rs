//! A column that was there before can be NULL from now on.
//!
//! ## Why
//!
//! Code that is running and reads the column may not expect NULL: it fails, or takes it for something else.
//! Conditions such as `<>` and NOT IN leave rows out that they did not leave out before. To make the column NOT NULL
//! again, all rows have to be looked at.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
//! ```
//!
//! ## Safe form
//!
//! There is none. Let all code that reads the column expect NULL first, then drop the constraint.
//!
//! ## When to allow it
//!
//! All code that runs expects NULL there, or nothing writes it yet.

use cutover_core::effect::Break;

use crate::context::Place;
use crate::finding::Level;
use crate::look::old;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-not-null",
    level: Level::Warning,
    area: Area::Code,
    title: "A column that was there before can be NULL from now on",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for it in &one.effects().breaks {
            let Break::Nulls { table, column } = it else { continue };
            if old::column(one.known, table, column).is_some() {
                let message =
                    format!("{table}.{column} can be NULL from now on, which readers may not expect");
                out.report(place.span(), message)
                    .help("drop it when all code that reads the column expects NULL");
            }
        }
    });
}
