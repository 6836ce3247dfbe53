//! The planner has no statistics after a statement, and nothing gathers them.
//!
//! ## Why
//!
//! A type change throws away the statistics of its column, a new index over an expression has none for the
//! expression, and a table that was just filled has none at all. Until somebody analyzes, the planner guesses, and
//! may choose a plan that takes far longer. Autovacuum analyzes a filled table some time later; it does not notice a
//! type change or a new index, because no row has changed.
//!
//! ## Example
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY users_email ON users (lower(email));
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY users_email ON users (lower(email));
//! --@ sql
//! ANALYZE users;
//! ```
//!
//! ANALYZE takes SHARE UPDATE EXCLUSIVE, which holds up neither readers nor writers, and reads a sample. `ANALYZE
//! users (email)` is enough for a column, and not for an expression.
//!
//! ## When to allow it
//!
//! The table is small, or statistics are gathered by something else.

use cutover_core::effect::Rel;

use crate::context::{Judged, RevisionView};
use crate::finding::Level;
use crate::fix::safe;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;

pub const RULE: Rule = Rule {
    id: "needs-analyze",
    level: Level::Note,
    area: Area::Together,
    title: "The planner has no statistics after a statement, and nothing gathers them",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for section in [Section::Upgrade, Section::Downgrade] {
        let statements: Vec<&Judged> = view.section(section).collect();
        for (at, judged) in statements.iter().enumerate() {
            let Some((table, columns)) = &judged.unmeasured else { continue };
            // a table that goes again needs none
            let later = &statements[at + 1..];
            let gone = |it: &&Judged| it.drops.iter().any(|(rel, column)| rel == table && column.is_none());
            if later.iter().any(|it| it.analyzes.iter().any(|one| covers(one, table, columns)) || gone(it)) {
                continue;
            }
            let what = match &columns[..] {
                [] => table.to_string(),
                columns => format!("{table} ({})", columns.join(", ")),
            };
            let message = format!("the planner has no statistics for {what} until something analyzes it");
            let statement = format!("ANALYZE {}", table.path());
            out.report(view.item(judged).statement.span, message)
                .help(format!("{statement} after it, in a step of its own"))
                .fix(safe::at_end(view.source, section, "analyze at the end", &statement));
        }
    }
}

fn covers(analyzed: &(Option<Rel>, Vec<String>), table: &Rel, columns: &[String]) -> bool {
    let (what, of) = analyzed;
    what.as_ref().is_none_or(|rel| rel == table)
        && (of.is_empty() || (!columns.is_empty() && columns.iter().all(|column| of.contains(column))))
}
