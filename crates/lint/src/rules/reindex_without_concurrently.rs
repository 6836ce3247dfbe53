//! `REINDEX` without `CONCURRENTLY` of what others use.
//!
//! ## Why
//!
//! It takes SHARE on the table and ACCESS EXCLUSIVE on each index while all rows are read and sorted. Writes wait,
//! and so do most reads: to plan a query PostgreSQL locks every index of the table, also those that the query does
//! not use.
//!
//! ## Example
//!
//! ```sql
//! REINDEX TABLE orders;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! REINDEX TABLE CONCURRENTLY orders;
//! ```
//!
//! REINDEX SYSTEM has no such form. The index of an exclusion constraint cannot be built concurrently either.
//!
//! ## When to allow it
//!
//! The index is corrupt and queries must not use it any longer, or nobody uses the table meanwhile.

use cutover_core::effect::known::ConstraintKind;
use cutover_sql::tree::{self, NodeEnum, ReindexObjectType, ReindexStmt};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "reindex-without-concurrently",
    level: Level::Error,
    area: Area::Locks,
    title: "REINDEX without CONCURRENTLY of what others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::ReindexStmt(it) = place.tree() else { return };
    if tree::is_on(&it.params, "concurrently") || place.is_refused() {
        return;
    }
    let Some((word, what)) = target(place, it) else { return };
    let message = format!(
        "writes to {what} wait while indexes are built anew, and so does every query that is planned meanwhile"
    );
    let report = out.report(place.span(), message);
    match it.kind() {
        ReindexObjectType::ReindexObjectSystem | ReindexObjectType::Undefined => {
            report.help("there is no gentler form for the system's own tables: run it while nobody is there")
        }
        _ => report.help(format!("REINDEX {word} CONCURRENTLY")).fix(fix(place, it, word)),
    };
}

/// The key word of what is built anew, and its name in a sentence; nothing when it is new.
fn target(place: &Place<'_>, it: &ReindexStmt) -> Option<(&'static str, String)> {
    let named = it.relation.as_ref().map(|rel| place.known.resolve(rel));
    match (it.kind(), named) {
        (ReindexObjectType::ReindexObjectIndex, Some(index)) => {
            let table = place.known.index(&index).map(|(table, _)| table.clone());
            let is_old = table.as_ref().map_or_else(|| place.is_old(&index), |table| place.is_old(table));
            let name = table.map_or_else(|| format!("the table of {index}"), |table| table.to_string());
            is_old.then_some(("INDEX", name))
        }
        (ReindexObjectType::ReindexObjectTable, Some(table)) => {
            place.is_old(&table).then(|| ("TABLE", table.to_string()))
        }
        (ReindexObjectType::ReindexObjectSchema, _) => {
            let is_new = place.known.schema_made(&it.name).is_some_and(|made| place.known.is_new(made));
            (!is_new).then(|| ("SCHEMA", format!("all tables of {}", it.name)))
        }
        (ReindexObjectType::ReindexObjectDatabase, _) => {
            Some(("DATABASE", "all tables of the database".into()))
        }
        _ => Some(("SYSTEM", "the system's tables".into())),
    }
}

fn fix(place: &Place<'_>, it: &ReindexStmt, word: &str) -> Option<Fix> {
    let index = it.relation.as_ref().map(|rel| place.known.resolve(rel));
    let excludes = index.as_ref().is_some_and(|index| {
        let table = place.known.index(index).and_then(|(table, _)| place.known.get(table));
        let own = table.and_then(|table| table.constraint(&index.name));
        own.is_some_and(|constraint| constraint.kind == ConstraintKind::Exclusion)
    });
    let is_said = tree::option(&it.params, "concurrently").is_some();
    if excludes || is_said { None } else { safe::concurrently(place, word) }
}
