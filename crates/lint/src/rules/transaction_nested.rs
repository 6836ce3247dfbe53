//! `BEGIN` inside a transaction.
//!
//! ## Why
//!
//! PostgreSQL has no nested transactions: the second BEGIN is a warning and nothing else, and the first COMMIT ends
//! everything. What stands between that COMMIT and the second one runs outside of any transaction.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! BEGIN;
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! BEGIN;
//! COMMENT ON TABLE notes IS 'What people wrote.';
//! COMMIT;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- plain
//! BEGIN;
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! SAVEPOINT comment;
//! COMMENT ON TABLE notes IS 'What people wrote.';
//! RELEASE SAVEPOINT comment;
//! COMMIT;
//! ```
//!
//! ## When to allow it
//!
//! There is no reason to.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::begins::begins;

pub const RULE: Rule = Rule {
    id: "transaction-nested",
    level: Level::Warning,
    area: Area::Together,
    title: "BEGIN inside a transaction",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for (line, inner) in begins(view.source).nested {
        let message = format!(
            "this begins nothing: the transaction of line {line} goes on, and the first COMMIT ends it"
        );
        out.report(inner, message).help("SAVEPOINT, or COMMIT before it");
    }
}
