//! A table that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running fails from the moment of the commit: "relation does not exist". The rows are gone; a
//! downgrade can make the table again, not what was in it. The statement takes ACCESS EXCLUSIVE on the table, and on
//! each table that its foreign keys refer to.
//!
//! ## Example
//!
//! ```sql
//! DROP TABLE old_orders;
//! ```
//!
//! ## Safe form
//!
//! There is none: the rows go. First take the table out of the code and wait until no old code runs. To see whether
//! anybody still uses it, rename it for a while (another rule will ask about that), or revoke the rights on it: both
//! are undone in a moment.
//!
//! ## When to allow it
//!
//! No code that runs names the table, and the rows are kept elsewhere or worthless.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{What, each_dropped};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-table",
    level: Level::Error,
    area: Area::Code,
    title: "A table that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_dropped(place, What::Table, |names| {
        let message = format!("running code that names {names} fails, and the rows are gone");
        out.report(place.span(), message).help(
            "drop it when no code that runs names it: cutover rollout new drop-table waits for that; keep a copy of the rows if anybody may want them",
        );
    });
}
