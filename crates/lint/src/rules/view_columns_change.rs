//! CREATE OR REPLACE VIEW with columns that PostgreSQL refuses.
//!
//! ## Why
//!
//! A view keeps its columns: their names, types and order. CREATE OR REPLACE can add some at the end, and nothing
//! else; what drops, renames or retypes one fails with "cannot drop columns from view", "cannot change name of view
//! column" or "cannot change data type of view column". It is told where the old and the new definition say their
//! columns.
//!
//! ## Example
//!
//! ```sql
//! CREATE VIEW people AS SELECT id, name FROM users;
//! --@ sql
//! CREATE OR REPLACE VIEW people AS SELECT id FROM users;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE VIEW people_2 AS SELECT id FROM users;
//! ```
//!
//! Code moves to the new view, and the old one is dropped when nothing reads it. DROP VIEW and CREATE VIEW in one
//! transaction do it under one name, and lose the rights on it.
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
    id: "view-columns-change",
    level: Level::Error,
    area: Area::Code,
    title: "CREATE OR REPLACE VIEW with columns that PostgreSQL refuses",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |one, reasons| {
        if matches!(one.node, NodeEnum::ViewStmt(_)) {
            let message = format!("it fails, because a view keeps its columns: {}", reasons.join("; "));
            out.report(place.span(), message).help("make another view, or drop this one and make it again");
        }
    });
}
