//! Rows of a table that others use are changed in one transaction with DDL that locks such a table.
//!
//! ## Why
//!
//! A lock is held until the transaction ends, so readers or writers of the locked table wait until the last row is
//! changed; and each changed row keeps its own lock until then. An `ALTER TABLE` takes milliseconds, an `UPDATE` of
//! a large table takes minutes.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN state text;
//! UPDATE orders SET state = 'closed' WHERE id < 1000;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- file 0007_state.sql
//! --@ revision 0007
//! --@ revises base
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE orders ADD COLUMN state text;
//! -- file 0008_closed_orders.sql
//! --@ revision 0008
//! --@ revises 0007
//! --@ irreversible "an example"
//! --@ upgrade
//! UPDATE orders SET state = 'closed' WHERE id < 1000;
//! ```
//!
//! A line `--@ sql` between the two ends the first transaction as well; then only `data-in-schema-revision` has a
//! word to say.
//!
//! ## When to allow it
//!
//! There are few rows, and the change must happen with the new schema or not at all.

use crate::context::Group;
use crate::finding::{Edit, Fix, Level};
use crate::fix::safe;
use crate::look::together::{data_with_ddl, is_locking};
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Kind;

pub const RULE: Rule = Rule {
    id: "data-change-with-ddl",
    level: Level::Warning,
    area: Area::Together,
    title: "Rows are changed in one transaction with DDL that locks a table",
    check: Check::Transaction(check),
};

fn check(group: &Group<'_>, out: &mut Findings<'_>) {
    let changes = data_with_ddl(group);
    let locks = group.statements.iter().filter(|judged| is_locking(judged));
    let Some((locked, mode)) = locks.flat_map(|judged| &judged.strong).next() else { return };
    for at in &changes {
        let before = group.statements[..*at].iter().any(is_locking);
        let when = if before { "until these rows are changed" } else { "until the transaction ends" };
        let message = format!("{} on {locked} wait {when}: the same transaction holds {mode}", mode.blocks());
        out.report(group.item(&group.statements[*at]).statement.span, message)
            .help("change rows in a transaction of their own: write lines --@ sql between them and the DDL")
            .fix(apart(group, *at, &changes));
    }
}

/// The lines between a change of rows and the DDL around it.
fn apart(group: &Group<'_>, at: usize, changes: &[usize]) -> Option<Fix> {
    let special = |at: &usize| changes.contains(at) || is_locking(&group.statements[*at]);
    let after = (at + 1..group.statements.len()).find(special).filter(|next| !changes.contains(next));
    let before = (0..at).rev().find(special).filter(|last| !changes.contains(last)).map(|_| at);
    let mut edits: Vec<Edit> = Vec::new();
    for judged in [before, after].into_iter().flatten().map(|at| &group.statements[at]) {
        let item = group.item(judged);
        if group.source.kind != Kind::Revision || item.backfill || item.guard {
            return None;
        }
        edits.push(safe::line_above(group.source, item.statement.span.start, "--@ sql"));
    }
    let title = "give the rows a transaction of their own".into();
    (!edits.is_empty()).then_some(Fix { title, edits, safe: true })
}
