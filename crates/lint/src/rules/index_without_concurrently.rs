//! `CREATE INDEX` without `CONCURRENTLY` on a table that others use.
//!
//! ## Why
//!
//! It takes SHARE on the table and holds it while every row is read and sorted. Reads go on; every INSERT, UPDATE and
//! DELETE waits until the index is built. `CREATE INDEX CONCURRENTLY` takes SHARE UPDATE EXCLUSIVE, which holds up
//! neither, and reads the table twice instead.
//!
//! ## Example
//!
//! ```sql
//! CREATE INDEX orders_customer ON orders (customer_id);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
//! ```
//!
//! On a partitioned table PostgreSQL cannot build concurrently: create the index `ON ONLY` the parent, build one
//! concurrently on each partition, and attach them.
//!
//! ## When to allow it
//!
//! The table is small, or nobody writes to it while the revision runs.

use cutover_core::effect::Scan;
use cutover_core::effect::known::Kind;
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::safe;

pub const RULE: Rule = Rule {
    id: "index-without-concurrently",
    level: Level::Error,
    area: Area::Locks,
    title: "CREATE INDEX without CONCURRENTLY on a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::IndexStmt(it) = place.tree() else { return };
    let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { return };
    let builds = place.effects.scans.iter().any(|(rel, cause)| *cause == Scan::Index && place.is_old(rel));
    if !builds || !place.is_old(&table) {
        return;
    }
    let partitioned = place.known.get(&table).is_some_and(|it| it.kind == Kind::Partitioned);
    let message =
        format!("writes to {table} wait until the index is built: it takes SHARE and reads every row");
    let report = out.report(place.span(), message);
    if partitioned {
        report.help(
            "CREATE INDEX ... ON ONLY the parent, CREATE INDEX CONCURRENTLY on each partition, ALTER INDEX ... ATTACH PARTITION",
        );
    } else {
        report.help("CREATE INDEX CONCURRENTLY").fix(safe::concurrently(place, "INDEX"));
    }
}
