//! A function that runs a text which is put together from values, without quoting them.
//!
//! ## Why
//!
//! Whoever calls the function writes a part of the statement. In a SECURITY DEFINER function it runs with the rights
//! of the function's owner: a value such as `x; DROP TABLE orders` is run as well. And a name with capitals or a value
//! with an apostrophe makes it fail.
//!
//! ## Example
//!
//! ```sql
//! CREATE FUNCTION rows_of(t text) RETURNS bigint LANGUAGE plpgsql AS $$
//! DECLARE n bigint;
//! BEGIN
//!     EXECUTE 'SELECT count(*) FROM ' || t INTO n;
//!     RETURN n;
//! END $$;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE FUNCTION rows_of(t regclass) RETURNS bigint LANGUAGE plpgsql AS $$
//! DECLARE n bigint;
//! BEGIN
//!     EXECUTE format('SELECT count(*) FROM %s', t::regclass) INTO n;
//!     RETURN n;
//! END $$;
//! ```
//!
//! `%I` of format is for names, `%L` for values, EXECUTE ... USING for values that need not be in the text; quote_ident
//! and quote_literal do the same one by one. A number, or a name as `regclass`, is quoted by its cast. Only what stands
//! at the EXECUTE is looked at: a text that was put into a variable before is not followed.
//!
//! ## When to allow it
//!
//! All that comes into the text is written by the function itself.

use cutover_sql::plpgsql::{self, What};
use cutover_sql::span::Span;
use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::is_looked_at;
use crate::look::quoting::is_unquoted;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "dynamic-sql-in-function",
    level: Level::Note,
    area: Area::Design,
    title: "A function that runs a text put together from values that are not quoted",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::CreateFunctionStmt(it) = place.tree() else { return };
    let routine = place.known.routine_of(it);
    if !is_looked_at(place) || !routine.language.eq_ignore_ascii_case("plpgsql") {
        return;
    }
    let pieces = plpgsql::pieces(&routine.body).unwrap_or_default();
    let texts = pieces.into_iter().filter_map(|piece| match piece.what {
        What::Dynamic(text) => Some(text),
        What::Statement(_) => None,
    });
    let (_, name) = tree::qualified(&it.funcname);
    for text in texts.filter(|text| is_unquoted(text)) {
        // where it stands; a body between apostrophes has it with each of them doubled
        let at = place.text().find(&text).map(|at| place.span().start + at);
        let span = at.map_or_else(|| place.span(), |at| Span::new(at, at + text.len()));
        let message = format!("a value that {name} puts into this text is run as a part of the statement");
        out.report(span, message).help("format with %I for names and %L for values, or EXECUTE ... USING");
    }
}
