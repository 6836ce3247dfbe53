//! A new exclusion constraint on a table that others use.
//!
//! ## Why
//!
//! Its index is built of every row under ACCESS EXCLUSIVE: reads and writes of the table wait until it is there. It
//! cannot be NOT VALID, and it cannot take over an index that was built concurrently.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE bookings ADD CONSTRAINT bookings_apart EXCLUDE USING gist (room_id WITH =, during WITH &&);
//! ```
//!
//! ## Safe form
//!
//! There is none for a table that is in use. Create another table with the constraint, let a trigger write both,
//! copy the rows in batches, and let the two change names. Where the constraint only compares with `=`, a unique
//! index says the same, and can be built concurrently.
//!
//! ## When to allow it
//!
//! The table is small, or the revision runs while nobody uses it.

use cutover_core::effect::Scan;
use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::Level;
use crate::fix::key;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-exclusion-constraint",
    level: Level::Error,
    area: Area::Locks,
    title: "A new exclusion constraint on a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.builds(Scan::Exclusion)) else { return };
    if !place.effects.fails.is_empty() {
        return;
    }
    for added in key::built(&alter, ConstrType::ConstrExclusion) {
        out.report(added.span, alter.waits("its index is built of every row")).help(
            "there is no gentle form: a new table with the constraint, filled in batches, can take its place",
        );
    }
}
