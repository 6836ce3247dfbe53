//! The upgrade drops a table or a column, and the downgrade makes it again, without what was in it.
//!
//! ## Why
//!
//! Whoever downgrades expects to be where they were. They get the same schema with an empty table, or with a column
//! that is NULL in every row, and code that trusts the values goes wrong without an error.
//!
//! ## Example
//!
//! ```sql
//! --@ allow drop-column "nobody reads it any more"
//! ALTER TABLE users DROP COLUMN nick;
//!
//! --@ downgrade
//! ALTER TABLE users ADD COLUMN nick text;
//! ```
//!
//! ## Safe form
//!
//! Mark the revision with `--@ irreversible "why"`, or say it where the column or the table comes back, in a comment
//! with the words "does not come back":
//!
//! ```sql
//! --@ allow drop-column "nobody reads it any more"
//! ALTER TABLE users DROP COLUMN nick;
//!
//! --@ downgrade
//! -- the column, without its values: what was in it does not come back
//! ALTER TABLE users ADD COLUMN nick text;
//! ```
//!
//! To keep the values, rename the column or the table in one revision and drop it in a later one.
//!
//! ## When to allow it
//!
//! The values can be worked out again, or were never used.

use cutover_core::effect::Rel;
use cutover_sql::tree::{self, AlterTableType, NodeEnum, RangeVar};

use crate::context::{Judged, RevisionView};
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::{Kind, Section};

pub const RULE: Rule = Rule {
    id: "downgrade-loses-data",
    level: Level::Warning,
    area: Area::History,
    title: "The upgrade drops a table or a column, and the downgrade makes it again, empty",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let source = view.source;
    if source.kind != Kind::Revision || source.header.irreversible {
        return;
    }
    let mut made: Vec<&Rel> = Vec::new();
    let mut lost: Vec<&(Rel, Option<String>)> = Vec::new();
    for judged in view.section(Section::Upgrade) {
        lost.extend(judged.drops.iter().filter(|(table, _)| !made.contains(&table)));
        made.extend(&judged.makes);
    }
    if lost.is_empty() || says_so(view) {
        return;
    }
    for judged in view.section(Section::Downgrade) {
        let Some((table, column)) = lost.iter().find(|lost| brings_back(view, judged, lost)) else {
            continue;
        };
        let what = match column {
            Some(column) => format!("{table}.{column} comes back without its values"),
            None => format!("{table} comes back without its rows"),
        };
        out.report(view.item(judged).statement.span, format!("after a downgrade {what}")).help(
            "--@ irreversible \"why\" in the header, or a comment here that says what does not come back",
        );
    }
}

/// Whether the file says that something does not come back.
fn says_so(view: &RevisionView<'_>) -> bool {
    let text = &view.source.text;
    let says = |text: &str| text.to_lowercase().contains("not come back");
    says(&view.source.header.prose)
        || cutover_sql::lex::tokens(text)
            .filter(|token| token.is_blank())
            .any(|token| says(token.span.text(text)))
}

fn brings_back(view: &RevisionView<'_>, judged: &Judged, lost: &(Rel, Option<String>)) -> bool {
    let (table, column) = lost;
    let names = |written: &RangeVar| {
        written.relname == table.name && tree::schema(written).is_none_or(|schema| schema == table.schema)
    };
    match (&*view.item(judged).tree, column) {
        (NodeEnum::AlterTableStmt(it), Some(column)) => {
            it.relation.as_ref().is_some_and(names) && it.cmds.iter().any(|node| adds(node, column))
        }
        (NodeEnum::CreateStmt(_), None) => judged.makes.contains(table),
        _ => false,
    }
}

fn adds(command: &tree::Node, column: &str) -> bool {
    let Some(NodeEnum::AlterTableCmd(it)) = tree::inner(command) else { return false };
    let Some(NodeEnum::ColumnDef(definition)) = tree::boxed(it.def.as_deref()) else { return false };
    // a generated column is worked out again
    let generated = definition.constraints.iter().filter_map(tree::inner).any(
        |node| matches!(node, NodeEnum::Constraint(it) if it.contype() == tree::ConstrType::ConstrGenerated),
    );
    it.subtype() == AlterTableType::AtAddColumn && definition.colname == column && !generated
}
