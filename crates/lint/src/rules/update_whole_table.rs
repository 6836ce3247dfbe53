//! An `UPDATE` of all rows of a table that was there before, in one statement.
//!
//! ## Why
//!
//! Every row that it changes stays locked until the transaction ends: another UPDATE or DELETE of it waits that
//! long. Each is written a second time, with its index entries, and VACUUM cannot remove the old one before the end.
//! On 300,000 rows, other clients waited up to 1.2 seconds for one such statement, and a tenth of that for batches
//! of 10,000 rows. A condition that only asks what is NULL leaves out nothing the first time.
//!
//! ## Example
//!
//! ```sql
//! UPDATE users SET active = true WHERE active IS NULL;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! --@ backfill users by id
//! UPDATE users SET active = true WHERE active IS NULL;
//! ```
//!
//! It runs in batches by key, each in a transaction of its own.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::known::Kind;
use cutover_core::effect::{Loss, Rel};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, NodeEnum, UpdateStmt};

use crate::context::Place;
use crate::finding::{Edit, Fix, Level};
use crate::fix::safe;
use crate::look::names::written;
use crate::look::whole::{by_code, names_no_value, passes_all, queries};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "update-whole-table",
    level: Level::Error,
    area: Area::Locks,
    title: "An UPDATE of all rows of a table that was there before, in one statement",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if place.item.backfill || place.item.guard || place.is_refused() {
        return;
    }
    let mut tables =
        by_code(place, |loss| if let Loss::Values { table, .. } = loss { Some(table) } else { None });
    for node in queries(place.tree()) {
        let NodeEnum::UpdateStmt(it) = node else { continue };
        let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { continue };
        if takes_all(it) && place.is_old(&table) && !tables.contains(&table) {
            tables.push(table);
        }
    }
    for table in tables {
        let message = format!(
            "one statement goes through all rows of {table}: others who change one of them wait until it is done"
        );
        out.report(place.span(), message)
            .help("--@ backfill TABLE by KEY, which runs it in batches")
            .fix(fix(place, &table));
    }
}

fn takes_all(it: &UpdateStmt) -> bool {
    let condition = it.where_clause.as_deref();
    passes_all(condition) || tree::boxed(condition).is_some_and(names_no_value)
}

/// In batches by the primary key. Each batch is a transaction of its own, so that it is no longer all or nothing.
fn fix(place: &Place<'_>, table: &Rel) -> Option<Fix> {
    let NodeEnum::UpdateStmt(it) = place.tree() else { return None };
    let known = place.known.get(table).filter(|it| it.kind == Kind::Table)?;
    let key: Vec<_> = known.primary_key()?.columns.iter().map(|column| quote_ident(column)).collect();
    if !place.is_revision() {
        return None;
    }
    let line = format!("--@ backfill {} by {}", written(it.relation.as_ref()?), key.join(", "));
    let mut edits: Vec<Edit> = vec![safe::line_above(place.source, place.span().start, &line)];
    edits.extend(safe::split_behind(place));
    Some(Fix { title: "run it in batches".into(), edits, safe: false })
}
