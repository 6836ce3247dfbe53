//! A table is written anew, or read in full, by two `ALTER TABLE` where one could do both.
//!
//! ## Why
//!
//! One `ALTER TABLE` makes one pass over the table for all of its subcommands: new types, volatile defaults, checks
//! and SET NOT NULL share it. Two statements make two passes, and readers and writers wait twice as long.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE points ALTER COLUMN x TYPE double precision;
//! ALTER TABLE points ALTER COLUMN y TYPE double precision;
//! ```
//!
//! ## Safe form
//!
//! As one statement, which is still reported for what it does, but once: `ALTER TABLE points ALTER COLUMN x TYPE
//! double precision, ALTER COLUMN y TYPE double precision`. A way without a rewrite is in the documentation of
//! `type-change-rewrites` and of `set-not-null-scans`.
//!
//! ## When to allow it
//!
//! The second change needs the first one to be committed.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::fix::merge::merged;
use crate::look::passes::repeated;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;

pub const RULE: Rule = Rule {
    id: "several-rewrites",
    level: Level::Warning,
    area: Area::Together,
    title: "A table is written anew or read in full twice, where one ALTER TABLE could do both",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for section in [Section::Upgrade, Section::Downgrade] {
        for again in repeated(view, section) {
            let item = view.item(again.second);
            let line = view.item(again.first).statement.line;
            let message = format!(
                "every row of {} is read or written for the second time: the statement of line {line} could do both",
                again.table
            );
            out.report(item.statement.span, message)
                .help("write both as subcommands of one ALTER TABLE")
                .fix(merged(view, &again));
        }
    }
}
