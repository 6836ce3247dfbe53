//! A revision whose upgrade does something and whose downgrade section has nothing in it.
//!
//! ## Why
//!
//! A downgrade of it succeeds and undoes nothing: the history says that the revision is not applied, and the schema
//! still has what it made. The next upgrade then fails, because everything is there already.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//!
//! --@ downgrade
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//!
//! --@ downgrade
//! DROP TABLE notes;
//! ```
//!
//! Where there is no way back, write `--@ irreversible "why"` in the header and no section `downgrade`.
//!
//! ## When to allow it
//!
//! What the upgrade does may stay after a downgrade, such as rows that a later upgrade finds and leaves.

use crate::context::{Judged, RevisionView};
use crate::finding::Level;
use crate::look::schema::changes_schema;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::{Kind, Section};

pub const RULE: Rule = Rule {
    id: "empty-downgrade",
    level: Level::Warning,
    area: Area::History,
    title: "The upgrade does something, and the downgrade section has nothing in it",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let (source, header) = (view.source, &view.source.header);
    if source.kind != Kind::Revision || !source.is_whole() || header.irreversible || header.has_downgrade {
        return;
    }
    let mut upgrade = view.section(Section::Upgrade);
    let does = |judged: &&Judged| changes_schema(view.item(judged), judged) || judged.changes_rows;
    if let Some(first) = upgrade.find(does) {
        let name = view.item(first).statement.title();
        out.report(header.id_span, format!("a downgrade succeeds and undoes nothing: {name} stays as it is"))
            .help("write the way back under --@ downgrade, or --@ irreversible \"why\" in the header");
    }
}
