//! A column that was there before and has a default gets another.
//!
//! ## Why
//!
//! An INSERT of code that is running and does not name the column gets another value from the moment of the commit,
//! and the code may count on the old one. The rows that are there keep theirs.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE users (id bigint PRIMARY KEY, state text DEFAULT 'new');
//! -- revision
//! ALTER TABLE users ALTER COLUMN state SET DEFAULT 'open';
//! ```
//!
//! ## Safe form
//!
//! There is none. Let the code name the value in every INSERT first; then the default is nobody's.
//!
//! ## When to allow it
//!
//! All code that runs takes either value.

use cutover_core::effect::Break;

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{self, Old};
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "change-default",
    level: Level::Note,
    area: Area::Code,
    title: "A column that was there before and has a default gets another",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for it in &one.effects().breaks {
            let Break::Default { table, column, dropped: false } = it else { continue };
            if let Some(Old::Known(found)) = old::column(one.known, table, column)
                && !one.known.is_new(found.default_made)
            {
                let message =
                    format!("an INSERT into {table} without {column} gets another value than before");
                out.report(place.span(), message).help("let the code name the value in its INSERTs first");
            }
        }
    });
}
