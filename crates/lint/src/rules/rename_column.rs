//! A column that was there before gets another name.
//!
//! ## Why
//!
//! Code that is running asks for the old name and fails from the moment of the commit: "column does not exist". No
//! order of deployment avoids it, because there is no moment at which the old and the new code both work.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users RENAME COLUMN mail TO email;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN email text;
//! ```
//!
//! The new column stands beside the old one. A trigger or the code fills both; the rows that are there are filled
//! with `--@ backfill`; code moves to the new column; the old one is dropped in a later revision.
//!
//! ## When to allow it
//!
//! Nothing that runs uses the column, or the code stands still during the upgrade.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::{What, each_renamed};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::rollout;

pub const RULE: Rule = Rule {
    id: "rename-column",
    level: Level::Error,
    area: Area::Code,
    title: "A column that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_renamed(place, What::Column, |it| {
        let message =
            format!("running code that names the {} {} fails: it is {} now", it.noun, it.from, it.to);
        out.report(place.span(), message).help(rollout("rename-column", &format!("{} {}", it.from, it.to)));
    });
}
