//! The passes over a table that `ALTER TABLE` makes once for all of its subcommands.

use cutover_core::effect::{Rel, Rewrite, Scan};
use cutover_sql::tree::NodeEnum;

use crate::context::{Judged, RevisionView};
use crate::source::{Item, Section};

/// A statement that passes over a table that an earlier one has passed over already.
pub struct Again<'v> {
    /// The table.
    pub table: &'v Rel,
    /// The earlier statement.
    pub first: &'v Judged,
    /// The later one.
    pub second: &'v Judged,
}

/// The statements of a section that pass again over a table, with nothing between that changes rows.
pub fn repeated<'v>(view: &'v RevisionView<'_>, section: Section) -> Vec<Again<'v>> {
    let mut found = Vec::new();
    let mut passed: Vec<(&Rel, &Judged)> = Vec::new();
    for judged in view.section(section) {
        let item = view.item(judged);
        if judged.changes_rows || item.guard || item.backfill || !judged.effects.unknown.is_empty() {
            passed.clear();
            continue;
        }
        let tables = passes(item, judged);
        if let Some((table, first)) = passed.iter().find(|(table, _)| tables.contains(table)) {
            found.push(Again { table, first, second: judged });
        }
        for table in tables {
            if !passed.iter().any(|(other, _)| *other == table) {
                passed.push((table, judged));
            }
        }
    }
    found
}

/// Whether a statement passes over a table for a second time in its section.
pub fn is_repeated(statements: &[Judged], items: &[Item], at: usize) -> bool {
    let tables = passes(&items[statements[at].item], &statements[at]);
    statements[..at]
        .iter()
        .any(|judged| passes(&items[judged.item], judged).iter().any(|it| tables.contains(it)))
}

/// The older tables of which an `ALTER TABLE` writes or reads every row, in the pass that its subcommands share.
fn passes<'j>(item: &Item, judged: &'j Judged) -> Vec<&'j Rel> {
    if !matches!(*item.tree, NodeEnum::AlterTableStmt(_)) || !judged.effects.fails.is_empty() {
        return Vec::new();
    }
    let effects = &judged.effects;
    let written = effects.rewrites.iter().filter(|(_, cause)| is_shared_rewrite(*cause)).map(|(rel, _)| rel);
    let read = effects.scans.iter().filter(|(_, cause)| is_shared_scan(*cause)).map(|(rel, _)| rel);
    written.chain(read).filter(|rel| judged.long.contains(rel)).collect()
}

fn is_shared_rewrite(cause: Rewrite) -> bool {
    match cause {
        Rewrite::VolatileDefault
        | Rewrite::SerialColumn
        | Rewrite::IdentityColumn
        | Rewrite::StoredColumn
        | Rewrite::ConstrainedDomain
        | Rewrite::Type
        | Rewrite::Expression
        | Rewrite::Persistence
        | Rewrite::AccessMethod => true,
        Rewrite::Tablespace
        | Rewrite::Cluster
        | Rewrite::VacuumFull
        | Rewrite::Refresh
        | Rewrite::Truncate => false,
    }
}

/// An index is built, and a foreign key looked up, by a pass of its own.
fn is_shared_scan(cause: Scan) -> bool {
    matches!(cause, Scan::Check | Scan::NotNull | Scan::TypeCheck)
}
