//! A revision that has landed already was changed.
//!
//! ## Why
//!
//! Databases that have applied it do not run it again, and Cutover stops there because the file is another one. New
//! databases get the new text. From then on there are two schemas under one id.
//!
//! ## Example
//!
//! With `--since git:main`, a file that `main` has, with another text:
//!
//! ```sql
//! -- file 0001_first.sql
//! --@ revision 0001
//! --@ revises base
//! --@ irreversible "an example"
//! --@ upgrade
//! CREATE TABLE notes (id bigint PRIMARY KEY, author text);
//! ```
//!
//! ## Safe form
//!
//! Leave the file as it was, and write a new revision that makes the difference.
//!
//! ## When to allow it
//!
//! It has been applied nowhere, or only comments were changed.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Kind;

pub const RULE: Rule = Rule {
    id: "edited-after-applied",
    level: Level::Error,
    area: Area::History,
    title: "A revision that has landed already was changed",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let source = view.source;
    if source.kind == Kind::Revision && view.settings.edited.contains(&source.name) {
        let id = &source.header.id;
        let message =
            format!("databases that have applied {id} do not run it again: they keep what it did before");
        out.report(source.header.id_span, message)
            .help("restore the file, and write what is to change as a new revision");
    }
}
