//! A change of a column's type for which the table is written anew.
//!
//! ## Why
//!
//! PostgreSQL writes every row and every index anew and holds ACCESS EXCLUSIVE on the table all the while: nobody
//! reads or writes it until that is done. Few changes need no rewrite: a wider varchar or none at all, varchar to
//! text and back without a limit, more digits before the point of a numeric, more precision of a timestamp or
//! interval, cidr to inet, a domain without constraints, timestamp to timestamptz in a session whose time zone is
//! UTC.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ALTER COLUMN total TYPE bigint;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN total_new bigint;
//! ```
//!
//! Then a trigger that writes both columns, a backfill of the old rows in batches, and an exchange of the names:
//! `cutover rollout new change-type orders.total bigint` writes all of it, and `int-to-bigint` does so for a key and
//! what refers to it.
//!
//! ## When to allow it
//!
//! The table is small, or the application is stopped while the revision runs.

use cutover_core::effect::{Rel, Rewrite};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::{altered, retyped};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::{list, rollout};

pub const RULE: Rule = Rule {
    id: "type-change-rewrites",
    level: Level::Error,
    area: Area::Locks,
    title: "A change of a column's type for which the table is written anew",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let retyped = retyped(place.tree());
    let Some(table) = altered(place).filter(|_| !retyped.is_empty() && !place.is_refused()) else { return };
    let rewritten: Vec<&Rel> = place.rewritten(Rewrite::Type).collect();
    if rewritten.is_empty() {
        return;
    }
    let columns = list(retyped.iter().map(|(name, _)| name));
    let is_known = place.known.get(&table).is_some_and(|it| it.columns.is_some());
    let message = if is_known {
        format!(
            "nobody can read or write {} until it is written anew with another type of {columns}",
            list(rewritten)
        )
    } else {
        format!(
            "nobody can read or write {table} until it is written anew, unless {columns} has a type that fits already"
        )
    };
    let change = retyped.first().map(|(name, _)| format!("{table}.{name} TYPE")).unwrap_or_default();
    out.report(place.span(), message).help(rollout("change-type", &change));
}
