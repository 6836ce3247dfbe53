//! An unlogged table.
//!
//! ## Why
//!
//! Its rows are not in the write-ahead log. After a crash PostgreSQL empties it, a replica has no rows of it and
//! refuses to read it, and a physical backup has none either.
//!
//! ## Example
//!
//! ```sql
//! CREATE UNLOGGED TABLE sessions (id bigint PRIMARY KEY, body jsonb);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE sessions (id bigint PRIMARY KEY, body jsonb);
//! ```
//!
//! ## When to allow it
//!
//! The rows can be made again at any time: a cache, a table to load into.

use cutover_sql::tree::{AlterTableType, NodeEnum, RangeVar};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::commands;
use crate::look::made::is_looked_at;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "unlogged-table",
    level: Level::Note,
    area: Area::Design,
    title: "An unlogged table",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let is_unlogged = |rel: Option<&RangeVar>| rel.is_some_and(|rel| rel.relpersistence == "u");
    let found = match place.tree() {
        NodeEnum::CreateStmt(it) => is_unlogged(it.relation.as_ref()),
        NodeEnum::CreateTableAsStmt(it) => is_unlogged(it.into.as_ref().and_then(|into| into.rel.as_ref())),
        node => commands(node).any(|it| it.subtype() == AlterTableType::AtSetUnLogged),
    };
    if found && is_looked_at(place) {
        out.report(place.span(), "after a crash the table is empty, and replicas never have its rows")
            .help("without UNLOGGED");
    }
}
