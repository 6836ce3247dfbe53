//! The name of a revision file is not the one that the configured naming gives.
//!
//! ## Why
//!
//! The name tells people what the revision does, and sorts it among the others. One that follows another style is
//! found late, and a message that was changed later is not the one in the name. Cutover itself goes by the id.
//!
//! ## Example
//!
//! With `naming = "{number:4}_{slug}"`:
//!
//! ```sql
//! -- file 0001-NewTable.sql
//! --@ revision 0001
//! --@ revises base
//! --@ irreversible "an example"
//! -- Notes of our customers
//! --@ upgrade
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! The same file as `0001_notes_of_our_customers.sql`. A file may be renamed at any time, as long as its name begins
//! with its id.
//!
//! ## When to allow it
//!
//! The file came from another tool and keeps its name.

use crate::context::RevisionView;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Kind;

pub const RULE: Rule = Rule {
    id: "file-name-style",
    level: Level::Note,
    area: Area::History,
    title: "The file's name is not the one that the configured naming gives",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let source = view.source;
    if source.kind == Kind::Revision && view.settings.misnamed.contains(&source.name) {
        let message = format!("{} is not the name that the configured naming gives", source.stem());
        out.report(source.header.id_span, message)
            .help("rename the file to its id and its message, as cutover new would name it");
    }
}
