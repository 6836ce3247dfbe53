//! `CREATE INDEX` without `CONCURRENTLY` on a table that others use.
//!
//! ## Why
//!
//! It takes SHARE on the table and holds it while every row is read and sorted. Reads go on; every INSERT, UPDATE
//! and DELETE waits until the index is built. `CREATE INDEX CONCURRENTLY` takes SHARE UPDATE EXCLUSIVE, which holds
//! up neither, and reads the table twice instead.
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

use cutover_core::effect::known::{Index, Kind, index_of};
use cutover_core::effect::{Rel, Scan};
use cutover_sql::tree::{self, IndexStmt, NodeEnum};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::rule::{Area, Check, Findings, Rule};

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
    if !builds || !place.is_old(&table) || place.is_refused() {
        return;
    }
    let message =
        format!("writes to {table} wait until the index is built: it takes SHARE and reads every row");
    let report = out.report(place.span(), message);
    if place.is_kind(&table, Kind::Partitioned) {
        report
            .help(
                "CREATE INDEX ... ON ONLY the parent, CREATE INDEX CONCURRENTLY on each partition, \
                 ALTER INDEX ... ATTACH PARTITION",
            )
            .fix(part_by_part(place, it, &table));
    } else {
        report.help("CREATE INDEX CONCURRENTLY").fix(safe::concurrently(place, "INDEX"));
    }
}

/// The index of a partitioned table, built on one partition after the other under the names that PostgreSQL chooses.
/// Only where all partitions are known and none has an index that could be the one.
fn part_by_part(place: &Place<'_>, it: &IndexStmt, table: &Rel) -> Option<Fix> {
    let index = index_of(it);
    let known = place.known.get(table).filter(|it| it.columns.is_some())?;
    let is_plain = |child: &Rel| {
        place.is_kind(child, Kind::Table)
            && place.known.indexes(child).all(|(_, own)| own.columns != index.columns)
    };
    if it.if_not_exists || !known.children.iter().all(is_plain) {
        return None;
    }
    let columns = named_by(it, &index)?;
    let whole = match it.idxname.as_str() {
        "" => place.known.free_index_name(table, &columns, "idx"),
        name => table.sibling(name),
    };
    let mut only = it.clone();
    only.idxname.clone_from(&whole.name);
    only.relation.as_mut()?.inh = false;
    let mut statements = vec![tree::to_sql(&NodeEnum::IndexStmt(Box::new(only)))?];
    let mut taken = vec![whole.clone()];
    for child in &known.children {
        let own = place.known.free_index_name(child, &columns, "idx");
        if taken.contains(&own) {
            return None;
        }
        statements.push(on_partition(it, child, &own)?);
        statements.push(format!("ALTER INDEX {} ATTACH PARTITION {}", whole.path(), own.path()));
        taken.push(own);
    }
    safe::steps(place, "build it on one partition after the other", &statements)
}

/// The columns that the name of an index is made of, where that is plain to see.
fn named_by(it: &IndexStmt, index: &Index) -> Option<Vec<String>> {
    let included = it.index_including_params.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::IndexElem(element) => Some(element.name.clone()),
        _ => None,
    });
    let named: Vec<String> = index.columns.iter().cloned().chain(included).collect();
    let repeats = (1..named.len()).any(|at| named[..at].contains(&named[at]));
    (!index.expression && !repeats).then_some(named)
}

fn on_partition(it: &IndexStmt, child: &Rel, name: &Rel) -> Option<String> {
    let mut part = it.clone();
    part.idxname.clone_from(&name.name);
    part.concurrent = true;
    let relation = part.relation.as_mut()?;
    relation.schemaname.clone_from(&child.schema);
    relation.relname.clone_from(&child.name);
    tree::to_sql(&NodeEnum::IndexStmt(Box::new(part)))
}
