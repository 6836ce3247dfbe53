//! REFRESH MATERIALIZED VIEW CONCURRENTLY of a view without a unique index.
//!
//! ## Why
//!
//! PostgreSQL refuses it: "cannot refresh materialized view concurrently". It tells the rows apart by a unique index
//! on plain columns, without a WHERE.
//!
//! ## Example
//!
//! ```sql
//! CREATE MATERIALIZED VIEW days AS SELECT day, count(*) AS orders FROM orders GROUP BY day;
//! --@ sql
//! REFRESH MATERIALIZED VIEW CONCURRENTLY days;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE UNIQUE INDEX CONCURRENTLY days_day ON days (day);
//! --@ sql
//! REFRESH MATERIALIZED VIEW CONCURRENTLY days;
//! ```
//!
//! ## When to allow it
//!
//! Never: the statement fails.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_that_fails;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "refresh-needs-unique-index",
    level: Level::Error,
    area: Area::Locks,
    title: "REFRESH MATERIALIZED VIEW CONCURRENTLY of a view without a unique index",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |one, reasons| {
        if matches!(one.node, NodeEnum::RefreshMatViewStmt(it) if it.concurrent) {
            out.report(place.span(), format!("it fails: {}", reasons.join("; ")))
                .help("CREATE UNIQUE INDEX CONCURRENTLY on columns of the view that tell its rows apart");
        }
    });
}
