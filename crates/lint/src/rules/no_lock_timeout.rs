//! Plain SQL that takes a strong lock on a table that others use, with no lock timeout set before it.
//!
//! ## Why
//!
//! A statement that waits for its lock keeps everybody else waiting behind it, also those who would not have to wait
//! for what holds it up. Behind a reader of four seconds an ALTER TABLE stopped all other clients for 3.8 seconds;
//! with a lock timeout of 100 milliseconds and retries they waited 0.1 seconds. In a revision Cutover sets one and
//! tries again; whatever runs this file has to be told.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! ALTER TABLE orders ADD COLUMN note text;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '2s';
//! ALTER TABLE orders ADD COLUMN note text;
//! ```
//!
//! `SET LOCAL` holds until the end of the transaction. Zero is for ever.
//!
//! ## When to allow it
//!
//! What runs the file sets it, for the role or for the connection.

use crate::context::RevisionView;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::timeout::without;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "no-lock-timeout",
    level: Level::Warning,
    area: Area::Locks,
    title: "Plain SQL that takes a strong lock with no lock timeout set before it",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for judged in without(view, |limits| limits.lock, |judged| !judged.strong.is_empty()) {
        let statement = &view.item(judged).statement;
        let at = statement.span;
        let names = list(judged.strong.keys());
        let mode = judged.strong.values().max();
        let message = format!(
            "{} of {names} wait as long as this statement waits for its lock: no lock_timeout is set",
            mode.map_or("writes", |mode| mode.blocks())
        );
        let edit = safe::line_above(view.source, at.start, "SET lock_timeout = '2s';");
        let fix = Fix { title: "set a lock timeout".into(), edits: vec![edit], safe: true };
        out.report(at, message).help("SET lock_timeout = '2s'; before it").fix(Some(fix));
    }
}
