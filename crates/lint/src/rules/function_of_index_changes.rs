//! CREATE OR REPLACE of a function that an index, a check or a generated column calls.
//!
//! ## Why
//!
//! Their values were computed with the old body, and nothing computes them again. Measured: after a function of an
//! index was replaced, a query by the index gave no row where a scan of the table gave one. A check is looked at
//! again when a row is written, so that an UPDATE of another column of an old row fails; a generated column keeps the
//! old value until then.
//!
//! ## Example
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY users_by_email ON users (normal(email));
//! CREATE OR REPLACE FUNCTION normal(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) $$;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE FUNCTION normal_2(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) $$;
//! --@ sql
//! CREATE INDEX CONCURRENTLY users_by_email_2 ON users (normal_2(email));
//! --@ sql
//! ANALYZE users;
//! ```
//!
//! Code moves to the new function; then the old index and the old function go.
//!
//! ## When to allow it
//!
//! The new body gives the same for every value that is stored; or the index is built again with REINDEX CONCURRENTLY
//! right after, and wrong answers in between do not matter.

use cutover_core::effect::Rel;
use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::cascade::users_of;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "function-of-index-changes",
    level: Level::Warning,
    area: Area::Code,
    title: "CREATE OR REPLACE of a function that an index, a check or a generated column calls",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let NodeEnum::CreateFunctionStmt(it) = one.node else { return };
        if !it.replace {
            return;
        }
        let (schema, name) = tree::qualified(&it.funcname);
        let name = Rel::new(schema.unwrap_or_else(|| one.known.creation_schema()), name);
        let new = one.known.routine_of(it);
        let old = one.known.routines(&name);
        // another of the same name with other arguments is another function
        let same = old.iter().find(|old| old.arguments == new.arguments);
        let changes = match same {
            Some(old) => old.body.trim() != new.body.trim() && !one.known.is_new(old.made),
            None => old.is_empty(),
        };
        let users = if changes { users_of(one.known, &name) } else { Vec::new() };
        if !users.is_empty() {
            let word = if users.len() == 1 { "keeps" } else { "keep" };
            let message = format!("{} {word} what the old body of {name} gave", list(&users));
            out.report(place.span(), message)
                .help("make another function and another index on it, and move the code");
        }
    });
}
