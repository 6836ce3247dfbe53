//! CREATE OR REPLACE FUNCTION that changes what PostgreSQL keeps of a function.
//!
//! ## Why
//!
//! A function of the same name and argument types keeps its result, the names of its arguments and their defaults.
//! What changes them fails: "cannot change return type of existing function", "cannot change name of input
//! parameter", "cannot remove parameter defaults from existing function". A procedure cannot become a function
//! either.
//!
//! ## Example
//!
//! ```sql
//! CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * n $$;
//! --@ sql
//! CREATE OR REPLACE FUNCTION twice(n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 2::bigint * n $$;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE FUNCTION twice_big(n int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 2::bigint * n $$;
//! ```
//!
//! Code moves to the new function, and the old one is dropped when nothing calls it. DROP FUNCTION and CREATE
//! FUNCTION in one transaction do it under one name, and lose the rights on it.
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
    id: "function-signature-changes",
    level: Level::Warning,
    area: Area::Code,
    title: "CREATE OR REPLACE FUNCTION that changes what PostgreSQL keeps of a function",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_that_fails(place, |one, reasons| {
        if matches!(one.node, NodeEnum::CreateFunctionStmt(_)) {
            let message =
                format!("it fails, because OR REPLACE changes only the body: {}", reasons.join("; "));
            out.report(place.span(), message)
                .help("give it another name, or drop the old one and make it again");
        }
    });
}
