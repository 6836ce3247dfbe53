//! `TRUNCATE` of a table that was there before.
//!
//! ## Why
//!
//! Every row is gone, and the way back does not bring them again. It takes ACCESS EXCLUSIVE, so that readers and
//! writers wait for it, and fires no DELETE trigger. A transaction with an older snapshot finds the table empty.
//!
//! ## Example
//!
//! ```sql
//! TRUNCATE sessions;
//! ```
//!
//! ## Safe form
//!
//! There is none that keeps the rows. To get rid of some of them, delete them in batches by key. To keep them for a
//! while, rename the table out of the way and drop it later.
//!
//! ## When to allow it
//!
//! The rows can be made again, such as those of a cache, and everybody knows that they go.

use cutover_core::effect::Rel;
use cutover_sql::tree::{DropBehavior, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "truncate",
    level: Level::Error,
    area: Area::Code,
    title: "TRUNCATE of a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::TruncateStmt(it) = place.tree() else { return };
    if it.behavior() == DropBehavior::DropCascade || place.is_refused() {
        return;
    }
    let named = relations(place, &it.relations);
    let tables: Vec<&Rel> = named.iter().filter(|rel| place.is_old(rel)).collect();
    if !tables.is_empty() {
        let message = format!("every row of {} is lost, and reads and writes wait for it", list(tables));
        out.report(place.span(), message)
            .help("delete what has to go in batches by key, or keep the rows elsewhere");
    }
}
