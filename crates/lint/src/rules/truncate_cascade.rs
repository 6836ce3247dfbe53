//! `TRUNCATE ... CASCADE` of a table that was there before.
//!
//! ## Why
//!
//! It empties every table that refers to one of these by a foreign key, and those that refer to them, whatever the
//! foreign key's ON DELETE says. None of them is named in the statement, and the way back does not bring the rows
//! again. All of them are locked with ACCESS EXCLUSIVE.
//!
//! ## Example
//!
//! ```sql
//! TRUNCATE customers CASCADE;
//! ```
//!
//! ## Safe form
//!
//! There is none that keeps the rows. Without CASCADE, PostgreSQL refuses it as long as another table refers to this
//! one: name all tables that shall be emptied.
//!
//! ## When to allow it
//!
//! All rows can be made again, and you know which tables these are.

use cutover_core::effect::{Loss, Rel};
use cutover_sql::tree::{DropBehavior, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "truncate-cascade",
    level: Level::Error,
    area: Area::Code,
    title: "TRUNCATE ... CASCADE of a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::TruncateStmt(it) = place.tree() else { return };
    if it.behavior() != DropBehavior::DropCascade || place.is_refused() {
        return;
    }
    let named = relations(place, &it.relations);
    let lost = place.effects.losses.iter().filter_map(|loss| {
        let Loss::Rows { table } = loss else { return None };
        place.is_old(table).then_some(table)
    });
    let (tables, others): (Vec<&Rel>, Vec<&Rel>) = lost.partition(|rel| named.contains(rel));
    let message = match (tables.is_empty(), others.is_empty()) {
        (true, true) => return,
        (_, true) => format!("every row of {} is lost, and of every table that refers to it", list(tables)),
        (false, false) => {
            format!("every row of {} is lost, and of {}, which it takes along", list(tables), list(others))
        }
        (true, false) => format!("every row of {} is lost: it is taken along", list(others)),
    };
    out.report(place.span(), message)
        .help("write TRUNCATE without CASCADE and name all tables that it empties");
}
