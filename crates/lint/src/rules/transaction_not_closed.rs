//! `BEGIN` without a `COMMIT` after it.
//!
//! ## Why
//!
//! When the session ends PostgreSQL rolls the transaction back, without an error: nothing after BEGIN has happened.
//! If the session goes on, the locks stay, and everybody waits for them.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '1s';
//! BEGIN;
//! ALTER TABLE orders ADD COLUMN note text;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '1s';
//! BEGIN;
//! ALTER TABLE orders ADD COLUMN note text;
//! COMMIT;
//! ```
//!
//! A revision needs neither: each step runs in a transaction of its own.
//!
//! ## When to allow it
//!
//! Whatever runs the file adds the COMMIT.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::begins::begins;

pub const RULE: Rule = Rule {
    id: "transaction-not-closed",
    level: Level::Error,
    area: Area::Together,
    title: "BEGIN without a COMMIT after it",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    if let Some(open) = begins(view.source).open {
        out.report(
            open,
            "nothing after this BEGIN happens: when the session ends it is rolled back without an error",
        )
        .help("write COMMIT; at the end");
    }
}
