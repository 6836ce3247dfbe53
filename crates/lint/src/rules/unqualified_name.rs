//! A table, view, type or function that is made, changed or referred to without its schema.
//!
//! ## Why
//!
//! Where it is made, and which one is meant, hangs on the search_path of the session. Cutover pins it for its own
//! runs; the same statements in psql, or with another setting, mean other tables.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE public.notes (id bigint PRIMARY KEY);
//! ```
//!
//! Names within queries and function bodies are not looked at.
//!
//! ## When to allow it
//!
//! The project has one schema, and the search_path is pinned wherever the statements run.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::is_looked_at;
use crate::look::names::{Named, given, meant};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "unqualified-name",
    level: Level::Note,
    area: Area::Design,
    title: "A name without a schema",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !is_looked_at(place) {
        return;
    }
    let is_bare = |named: &Named<'_>| {
        let relation = place.known.named(None, named.name);
        named.in_schema
            && named.schema.is_none()
            && !place.known.get(&relation).is_some_and(|it| it.temporary)
    };
    let new = given(place.tree());
    if let Some(first) = new.iter().find(|named| is_bare(named)) {
        let message =
            format!("in which schema the {} {} is made hangs on the search_path", first.what, first.name);
        out.report(place.span(), message).help(format!(
            "write {}.{}",
            place.known.creation_schema(),
            first.name
        ));
    } else if let Some(first) = meant(place.tree()).iter().find(|named| is_bare(named)) {
        let message = format!("which {} {} this is hangs on the search_path", first.what, first.name);
        out.report(place.span(), message).help("write it with its schema");
    }
}
