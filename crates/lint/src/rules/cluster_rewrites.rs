//! `CLUSTER` of a table that others use.
//!
//! ## Why
//!
//! It writes the table and all its indexes anew, sorted, and holds ACCESS EXCLUSIVE on it all the while. Nobody
//! reads or writes the table until it is done. The order is not kept: rows that come later stand wherever there is
//! room.
//!
//! ## Example
//!
//! ```sql
//! CLUSTER orders USING orders_placed;
//! ```
//!
//! ## Safe form
//!
//! There is none within PostgreSQL. pg_repack sorts a table while it is used. Where the order matters for reading,
//! an index with included columns, or partitions, keep it without a rewrite.
//!
//! ## When to allow it
//!
//! The table is small, or the application is stopped while the revision runs.

use cutover_core::effect::Rewrite;
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "cluster-rewrites",
    level: Level::Error,
    area: Area::Locks,
    title: "CLUSTER of a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::ClusterStmt(it) = place.tree() else { return };
    if place.is_refused() {
        return;
    }
    let name = if it.relation.is_none() {
        "any table that was clustered before".to_owned()
    } else {
        let tables: Vec<_> = place.rewritten(Rewrite::Cluster).collect();
        if tables.is_empty() {
            return;
        }
        list(tables)
    };
    let message = format!(
        "nobody can read or write {name} while the rows are sorted and written anew: ACCESS EXCLUSIVE is held"
    );
    out.report(place.span(), message).help("pg_repack does it while the table is used");
}
