//! The primary key of a table that was there before is dropped.
//!
//! ## Why
//!
//! Its index goes with it: queries by key read the whole table, INSERT ... ON CONFLICT on the key fails, and
//! duplicates are possible from then on. A table that is published has no replica identity any more, and UPDATE and
//! DELETE on it fail. The statement takes ACCESS EXCLUSIVE.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users DROP CONSTRAINT users_pkey;
//! ```
//!
//! ## Safe form
//!
//! There is none for the key itself. To put another in its place, build its index concurrently first, then drop the
//! old key and add the new one with USING INDEX in one ALTER TABLE: at no moment is the table without a key.
//!
//! ## When to allow it
//!
//! Another key takes its place in the same statement, and nothing looks rows up by the old one.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{Kind, each_constraint};
use crate::look::runs::each;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-primary-key",
    level: Level::Error,
    area: Area::Code,
    title: "The primary key of a table that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        each_constraint(one, Kind::PrimaryKey, |table, name, _| {
            let message = format!(
                "rows of {table} can come twice, and lookups by the key and ON CONFLICT lose their index {name}"
            );
            out.report(place.span(), message)
                .help("build the next key's index concurrently, and swap the keys in one ALTER TABLE");
        });
    });
}
