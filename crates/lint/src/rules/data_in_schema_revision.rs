//! Rows of a table that others use are changed in a revision that changes the schema, too.
//!
//! ## Why
//!
//! The two have different speeds and different ways back: DDL takes milliseconds and is undone by DDL, rows take
//! longer the more there are and are not undone at all. When the change of rows fails in a step of its own, the
//! revision stands half done, with the new schema and the old rows.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN state text;
//! --@ sql
//! UPDATE orders SET state = 'closed' WHERE id < 1000;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN state text;
//! ```
//!
//! And the rows in a revision of their own. `--@ backfill` is not reported, nor are rows of a table that the
//! revision makes.
//!
//! ## When to allow it
//!
//! There are few rows, and the schema makes no sense without them.

use crate::context::{Group, RevisionView};
use crate::finding::Level;
use crate::look::schema::changes_schema;
use crate::look::together::data_with_ddl;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::{Kind, Section};

pub const RULE: Rule = Rule {
    id: "data-in-schema-revision",
    level: Level::Note,
    area: Area::History,
    title: "Rows are changed in a revision that changes the schema, too",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let upgrade = || view.section(Section::Upgrade);
    if view.source.kind != Kind::Revision
        || !upgrade().any(|judged| changes_schema(view.item(judged), judged))
    {
        return;
    }
    let said = said(view);
    for judged in upgrade().filter(|judged| judged.changes_rows && !said.contains(&judged.item)) {
        let item = view.item(judged);
        if item.backfill || item.guard {
            continue;
        }
        let message = format!("{} has no way back, and the schema changes beside it", item.statement.title());
        out.report(item.statement.span, message).help("change rows in a revision of their own");
    }
}

/// The statements of which `data-change-with-ddl` speaks.
fn said(view: &RevisionView<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    for group in Group::each(view.source, view.statements) {
        found.extend(data_with_ddl(&group).into_iter().map(|at| group.statements[at].item));
    }
    found
}
