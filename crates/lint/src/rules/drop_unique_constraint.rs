//! A unique or exclusion constraint that was there before is dropped.
//!
//! ## Why
//!
//! From then on duplicates are possible, and while there are any the constraint cannot be added again. INSERT ... ON
//! CONFLICT on its columns fails: "there is no unique or exclusion constraint matching the ON CONFLICT
//! specification". Queries that used its index read the whole table. Where another unique index has the same columns,
//! nothing is said.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users DROP CONSTRAINT users_email_key;
//! ```
//!
//! ## Safe form
//!
//! There is none for the constraint itself. To put another in its place, build its index first, as CREATE UNIQUE
//! INDEX CONCURRENTLY; then the old one can go.
//!
//! ## When to allow it
//!
//! Duplicates are wanted, and no code that runs says ON CONFLICT on these columns.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{Kind, Old, each_constraint, still_unique};
use crate::look::runs::each;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-unique-constraint",
    level: Level::Warning,
    area: Area::Code,
    title: "A unique or exclusion constraint that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        each_constraint(one, Kind::Unique, |table, name, found| {
            if let Old::Known(it) = found
                && still_unique(one.known, table, &table.sibling(name), &it.columns)
            {
                return;
            }
            let message =
                format!("rows of {table} can come twice, and ON CONFLICT that counts on {name} fails");
            out.report(place.span(), message)
                .help("CREATE UNIQUE INDEX CONCURRENTLY on what shall be unique instead, before it");
        });
    });
}
