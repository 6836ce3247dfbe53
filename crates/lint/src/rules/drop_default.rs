//! A column that was there before loses its default.
//!
//! ## Why
//!
//! An INSERT of code that is running and does not name the column gets NULL from then on; where the column is NOT
//! NULL, it fails. DROP IDENTITY and SET DEFAULT NULL do the same.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users ALTER COLUMN state DROP DEFAULT;
//! ```
//!
//! ## Safe form
//!
//! There is none. First let the code name the column in every INSERT, wait until no old code runs, then drop the
//! default.
//!
//! ## When to allow it
//!
//! All code that runs names the column in every INSERT.

use cutover_core::effect::Break;
use cutover_core::effect::known::Column;
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{self, Old};
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-default",
    level: Level::Warning,
    area: Area::Code,
    title: "A column that was there before loses its default",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        // what goes along with what is dropped is that rule's
        if matches!(one.node, NodeEnum::DropStmt(_)) {
            return;
        }
        for it in &one.effects().breaks {
            let Break::Default { table, column, dropped: true } = it else { continue };
            let found = match old::column(one.known, table, column) {
                None => continue,
                Some(Old::Known(found)) if one.known.is_new(found.default_made) => continue,
                Some(Old::Known(found)) => Some(found),
                Some(Old::Unknown) => None,
            };
            let message = format!("an INSERT into {table} without {column} {}", what_comes(found));
            out.report(place.span(), message).help("drop it when all code that runs names the column");
        }
    });
}

fn what_comes(column: Option<&Column>) -> &'static str {
    match column {
        Some(it) if it.not_null => "fails from now on",
        Some(_) => "gets NULL from now on",
        None => "gets NULL from now on, or fails where it is NOT NULL",
    }
}
