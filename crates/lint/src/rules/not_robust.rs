//! A statement of plain SQL, outside of BEGIN and COMMIT, that fails when it runs for the second time.
//!
//! ## Why
//!
//! Each statement commits by itself. When a later one fails, the file has to run again from the start, and stops at
//! the first statement that is done already. In a revision this cannot happen: Cutover remembers which steps are
//! done.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- plain
//! CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY);
//! ```
//!
//! CREATE INDEX CONCURRENTLY that fails leaves an invalid index, which IF NOT EXISTS takes for the index: drop it
//! first.
//!
//! ## When to allow it
//!
//! Whatever runs the file wraps it in a transaction: say so with `--in-transaction`.

use cutover_sql::tree::{AlterTableType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::commands;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Kind;

pub const RULE: Rule = Rule {
    id: "not-robust",
    level: Level::Note,
    area: Area::Design,
    title: "A statement of plain SQL that fails when it runs for the second time",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if place.source.kind != Kind::Plain || place.item.in_transaction {
        return;
    }
    if let Some(words) = missing(place.tree()) {
        let message =
            "if a later statement fails, this one fails when the file runs again: it is done already";
        out.report(place.span(), message).help(format!("{words}, or BEGIN and COMMIT around the file"));
    }
}

/// The words that a statement could have and has not.
fn missing(node: &NodeEnum) -> Option<&'static str> {
    let (has, words) = match node {
        NodeEnum::CreateStmt(it) => (it.if_not_exists, "IF NOT EXISTS"),
        NodeEnum::IndexStmt(it) => (it.if_not_exists, "IF NOT EXISTS"),
        NodeEnum::CreateTableAsStmt(it) => (it.if_not_exists, "IF NOT EXISTS"),
        NodeEnum::CreateSeqStmt(it) => (it.if_not_exists, "IF NOT EXISTS"),
        NodeEnum::CreateSchemaStmt(it) => (it.if_not_exists, "IF NOT EXISTS"),
        NodeEnum::CreateExtensionStmt(it) => (it.if_not_exists, "IF NOT EXISTS"),
        NodeEnum::AlterEnumStmt(it) if it.old_val.is_empty() => (it.skip_if_new_val_exists, "IF NOT EXISTS"),
        NodeEnum::ViewStmt(it) => (it.replace, "OR REPLACE"),
        NodeEnum::CreateFunctionStmt(it) => (it.replace, "OR REPLACE"),
        NodeEnum::DropStmt(it) => (it.missing_ok, "IF EXISTS"),
        NodeEnum::AlterTableStmt(_) => commands(node).find_map(|command| match command.subtype() {
            AlterTableType::AtAddColumn if !command.missing_ok => Some((false, "IF NOT EXISTS")),
            AlterTableType::AtDropColumn | AlterTableType::AtDropConstraint if !command.missing_ok => {
                Some((false, "IF EXISTS"))
            }
            _ => None,
        })?,
        _ => return None,
    };
    (!has).then_some(words)
}
