//! Plain SQL that reads or writes a whole table that was there before, with no statement timeout set before it.
//!
//! ## Why
//!
//! On a table that has grown it takes longer than anybody thought, and goes on: whoever waits for its locks waits as
//! long, and while it runs no dead row is cleared away that its snapshot could still see. A lock timeout does not end
//! it, because it has its locks. In a revision the header can say `--@ statement_timeout`.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '2s';
//! ALTER TABLE orders VALIDATE CONSTRAINT total_ok;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '2s';
//! SET statement_timeout = '15min';
//! ALTER TABLE orders VALIDATE CONSTRAINT total_ok;
//! ```
//!
//! Not for CREATE INDEX CONCURRENTLY and its kin: they hold up nobody, and one that is stopped leaves an INVALID index.
//!
//! ## When to allow it
//!
//! What runs the file sets it, for the role or for the connection, or the table is small.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::look::timeout::without;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "statement-timeout",
    level: Level::Note,
    area: Area::Design,
    title: "Plain SQL that reads or writes a whole table with no statement timeout set before it",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for judged in without(view, |limits| limits.statement, |judged| !judged.long.is_empty()) {
        let statement = &view.item(judged).statement;
        let names = list(&judged.long);
        let waiting = match judged.strong.values().max() {
            Some(mode) => format!(", and {} wait", mode.blocks()),
            None => String::new(),
        };
        let message =
            format!("it goes on for as long as all of {names} takes{waiting}: no statement_timeout is set");
        out.report(statement.span, message)
            .help("SET statement_timeout to the longest that is bearable, before it");
    }
}
