//! `REFRESH MATERIALIZED VIEW` without `CONCURRENTLY` of a view that others read.
//!
//! ## Why
//!
//! It takes ACCESS EXCLUSIVE on the view while its query runs: nobody reads the view until it is filled.
//! `CONCURRENTLY` takes EXCLUSIVE, which lets readers pass, and puts in only the rows that differ. It needs a unique
//! index over plain columns without a condition, and a view that has been filled before.
//!
//! ## Example
//!
//! ```sql
//! REFRESH MATERIALIZED VIEW daily_totals;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! REFRESH MATERIALIZED VIEW CONCURRENTLY daily_totals;
//! ```
//!
//! ## When to allow it
//!
//! The query is quick, or nobody reads the view while the revision runs.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::fix::safe;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "refresh-without-concurrently",
    level: Level::Error,
    area: Area::Locks,
    title: "REFRESH MATERIALIZED VIEW without CONCURRENTLY of a view that others read",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::RefreshMatViewStmt(it) = place.tree() else { return };
    let Some(view) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { return };
    let known = place.known.get(&view);
    // nobody can read one that was never filled
    if it.concurrent || !place.is_old(&view) || known.is_some_and(|it| !it.populated) || place.is_refused() {
        return;
    }
    if it.skip_data {
        let message =
            format!("nobody can read {view} from then on: it is emptied, and a SELECT from it fails");
        out.report(place.span(), message).help("leave WITH NO DATA out");
        return;
    }
    let message = format!("nobody can read {view} while it is filled anew: it takes ACCESS EXCLUSIVE");
    let report = out.report(place.span(), message);
    let is_whole = place.known.indexes(&view).any(|(_, it)| it.unique && !it.partial && !it.expression);
    if is_whole {
        let fix = safe::insert_behind(place, "VIEW", "fill it concurrently", "CONCURRENTLY");
        report.help("REFRESH MATERIALIZED VIEW CONCURRENTLY").fix(fix);
    } else if known.is_some() {
        report.help(format!(
            "make a unique index on columns of {view}, then REFRESH MATERIALIZED VIEW CONCURRENTLY"
        ));
    } else {
        report.help("REFRESH MATERIALIZED VIEW CONCURRENTLY, if it has a unique index on plain columns");
    }
}
