//! A table is copied as a whole: `SET LOGGED`, `SET UNLOGGED`, `SET ACCESS METHOD` or `SET TABLESPACE`.
//!
//! ## Why
//!
//! The table, or the index, is locked with ACCESS EXCLUSIVE while its file is copied: nobody reads or writes it
//! until the copy is done. `SET LOGGED` and `SET UNLOGGED` build all indexes anew as well, and `SET LOGGED` writes
//! the whole table to the log.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders SET TABLESPACE fast;
//! ```
//!
//! ## Safe form
//!
//! There is none within PostgreSQL. An index can be moved by building a second one with `CREATE INDEX CONCURRENTLY
//! ... TABLESPACE` and dropping the first. A table can be made anew beside the old one, filled in batches while a
//! trigger keeps it up to date, and put in its place; pg_repack and pg_squeeze do that.
//!
//! ## When to allow it
//!
//! The table is small, or the application is stopped while the revision runs.

use cutover_core::effect::{Rel, Rewrite};
use cutover_sql::tree::{AlterTableType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::{altered, commands};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "set-storage-rewrites",
    level: Level::Error,
    area: Area::Locks,
    title: "SET LOGGED, SET UNLOGGED, SET ACCESS METHOD or SET TABLESPACE: the whole table is copied",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if place.is_refused() {
        return;
    }
    let name = match place.tree() {
        NodeEnum::AlterTableMoveAllStmt(it) if it.orig_tablespacename != it.new_tablespacename => {
            format!("anything in the tablespace {}", it.orig_tablespacename)
        }
        NodeEnum::AlterTableStmt(_) => match copied(place) {
            copied if copied.is_empty() => return,
            copied => list(copied),
        },
        _ => return,
    };
    out.report(
        place.span(),
        format!("nobody can read or write {name} while the file is copied: ACCESS EXCLUSIVE is held"),
    )
    .help("make a new table or index where it should be, fill it while the old one is used, and change over");
}

/// The old tables and indexes whose files are copied.
fn copied<'p>(place: &'p Place<'_>) -> Vec<&'p Rel> {
    let rewritten = place.effects.rewrites.iter().filter(|(rel, cause)| {
        matches!(cause, Rewrite::Persistence | Rewrite::AccessMethod | Rewrite::Tablespace)
            && place.is_old(rel)
    });
    let mut found: Vec<&Rel> = rewritten.map(|(rel, _)| rel).collect();
    let moves = commands(place.tree()).any(|it| it.subtype() == AlterTableType::AtSetTableSpace);
    // ALTER INDEX ... SET TABLESPACE
    if moves && let Some(index) = altered(place) {
        let is_old = place.known.index(&index).is_some_and(|(table, _)| place.is_old(table));
        found.extend(place.effects.rebuilds.iter().filter(|rel| is_old && **rel == index));
    }
    found
}
