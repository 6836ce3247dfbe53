//! A revision whose upgrade section has nothing in it.
//!
//! ## Why
//!
//! It is applied, recorded, and changes nothing. Most often the statements were forgotten, or stand in the wrong
//! section. A merge, which has several parents, is empty by its nature and not reported.
//!
//! ## Example
//!
//! ```sql
//! -- nothing yet
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! The revision stands for something that happened elsewhere, or keeps a place in the history.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Kind;

pub const RULE: Rule = Rule {
    id: "no-op-revision",
    level: Level::Note,
    area: Area::History,
    title: "A revision whose upgrade section has nothing in it",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let header = &view.source.header;
    let is_read = view.source.kind == Kind::Revision && view.source.is_whole();
    if is_read && !header.has_upgrade && header.parents.len() < 2 {
        out.report(header.id_span, "this revision is applied and changes nothing")
            .help("write the statements under --@ upgrade, or remove the file");
    }
}
