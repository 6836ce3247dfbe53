//! A table is read in full while a lock of an earlier statement keeps others waiting.
//!
//! ## Why
//!
//! A lock is held until the transaction ends. Alone, the scan would hold up nobody, or only writers; behind the lock
//! of the statement before it, all who want that table wait until every row has been read.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN note text;
//! ALTER TABLE orders VALIDATE CONSTRAINT total_ok;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN note text;
//! --@ sql
//! ALTER TABLE orders VALIDATE CONSTRAINT total_ok;
//! ```
//!
//! VALIDATE CONSTRAINT takes SHARE UPDATE EXCLUSIVE; in a transaction of its own readers and writers go on.
//!
//! ## When to allow it
//!
//! The table that is read is small.

use crate::context::Group;
use crate::finding::Level;
use crate::fix::safe;
use crate::look::{passes, together};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "scan-under-strong-lock",
    level: Level::Warning,
    area: Area::Together,
    title: "A table is read in full behind a lock of an earlier statement",
    check: Check::Transaction(check),
};

fn check(group: &Group<'_>, out: &mut Findings<'_>) {
    // what another rule says of the same statement is not said twice
    let mut said: Vec<usize> = together::clashes(group).iter().map(|clash| clash.at).collect();
    said.extend(together::data_with_ddl(group));
    for (at, judged) in group.statements.iter().enumerate() {
        let item = group.item(judged);
        let reads = !judged.long.is_empty() || judged.copies_rows;
        if !reads || !item.in_transaction || !judged.effects.fails.is_empty() || said.contains(&at) {
            continue;
        }
        if together::validates_own(group, at)
            || passes::is_repeated(group.statements, &group.source.items, at)
        {
            continue;
        }
        let Some((locked, mode)) = together::harder_lock(group, at) else { continue };
        let what = match judged.long.first() {
            Some(table) => format!("all rows of {table} are read"),
            None => "rows are copied".into(),
        };
        let message =
            format!("{} on {locked} wait while {what}: an earlier statement holds {mode}", mode.blocks());
        out.report(item.statement.span, message)
            .help("write a line --@ sql before it, so that it runs in a transaction of its own")
            .fix(safe::split_before(group, judged));
    }
}
