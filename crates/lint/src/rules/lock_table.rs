//! `LOCK TABLE` in a mode that reads or writes wait for.
//!
//! ## Why
//!
//! The lock is held until the transaction ends. From SHARE on writes wait for it; ACCESS EXCLUSIVE, which `LOCK
//! TABLE` takes when no mode is written, keeps readers waiting too.
//!
//! ## Example
//!
//! ```sql
//! LOCK TABLE orders;
//! ```
//!
//! ## Safe form
//!
//! There is none for the statement itself. Most often it is not needed: each statement takes the lock that it needs,
//! and a foreign key, a unique index or `SELECT ... FOR UPDATE` keeps rows as they are without holding up the table.
//! SHARE UPDATE EXCLUSIVE keeps other schema changes and VACUUM away and lets reads and writes pass.
//!
//! ## When to allow it
//!
//! What follows in the transaction is quick and must see a table that does not change.

use cutover_core::effect::{Mode, Rel};
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "lock-table",
    level: Level::Error,
    area: Area::Locks,
    title: "LOCK TABLE in a mode that reads or writes wait for",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::LockStmt(it) = place.tree() else { return };
    let named = relations(place, &it.relations);
    let strong = |rel: &&Rel| place.effects.mode(rel).is_some_and(Mode::blocks_writes) && place.is_old(rel);
    let tables: Vec<&Rel> = named.iter().filter(strong).collect();
    let Some(mode) = tables.first().and_then(|rel| place.effects.mode(rel)) else { return };
    let message = format!(
        "{} of {} wait until the transaction ends: it takes {mode}",
        if mode.blocks_reads() { "reads and writes" } else { "writes" },
        list(tables)
    );
    out.report(place.span(), message)
        .help("leave it out, or take SHARE UPDATE EXCLUSIVE, which lets reads and writes pass");
}
