//! A check constraint that was there before is dropped.
//!
//! ## Why
//!
//! From then on any value is taken, and readers may not expect what comes. To add the check again, all rows have to
//! be looked at. A check that says only that a column is not NULL, where the column is NOT NULL by now, is not
//! reported.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders DROP CONSTRAINT orders_total_check;
//! ```
//!
//! ## Safe form
//!
//! There is none for the check itself. One that shall only be another is added NOT VALID beside the old one and
//! validated, before the old one goes.
//!
//! ## When to allow it
//!
//! The values that it forbade are wanted, and readers know them.

use cutover_core::effect::Rel;
use cutover_core::effect::known::{Constraint, ConstraintKind};

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{Kind, Old, each_constraint};
use crate::look::runs::{One, each};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-check-constraint",
    level: Level::Note,
    area: Area::Code,
    title: "A check constraint that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        each_constraint(one, Kind::Check, |table, name, found| {
            if let Old::Known(it) = found
                && is_said_by_not_null(one, table, it)
            {
                return;
            }
            let message = format!("rows of {table} that {name} refused are taken from now on");
            out.report(place.span(), message)
                .help("add the check that takes its place first, NOT VALID, and validate it");
        });
    });
}

/// Whether it says only that columns are not NULL, and they are so by themselves.
fn is_said_by_not_null(one: &One<'_>, table: &Rel, it: &Constraint) -> bool {
    let ConstraintKind::Check { not_null, text, .. } = &it.kind else { return false };
    // one test and one column for each name, and nothing else
    let says_no_more = [text.matches("NullTest(").count(), text.matches("ColumnRef(").count()]
        .iter()
        .all(|count| *count == not_null.len());
    let is = |column: &String| one.known.get(table).is_some_and(|it| it.is_not_null(column));
    !not_null.is_empty() && says_no_more && not_null.iter().all(is)
}
