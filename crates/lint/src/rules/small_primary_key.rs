//! A primary key of type `integer` or `smallint`.
//!
//! ## Why
//!
//! It ends at 2,147,483,647, or at 32,767. From then on every INSERT fails, and a sequence also counts the rows that
//! were rolled back. The way to bigint rewrites the table under ACCESS EXCLUSIVE, with all tables that refer to it,
//! at the time when it is largest.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE orders (id integer PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (id bigint PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! The rows are few by their nature: countries, states, kinds. A key of several columns is not reported.

use cutover_core::effect::known::DataType;
use cutover_sql::tree::{self, ConstrType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::{NewConstraint, columns, constraints};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "small-primary-key",
    level: Level::Note,
    area: Area::Design,
    title: "A primary key of type integer or smallint",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    for constraint in constraints(place) {
        let Some((column, data_type)) = key(place, &constraint) else { continue };
        if !data_type.is("int4") && !data_type.is("int2") {
            continue;
        }
        let most = if data_type.is("int2") { "32 thousand" } else { "2.1 thousand million" };
        let message = format!("the key of {} ends at {most}: {column} is {data_type}", constraint.table);
        out.report(place.word_at(constraint.definition.location), message).help("bigint");
    }
}

/// The one column of a primary key, and its type.
fn key(place: &Place<'_>, constraint: &NewConstraint<'_>) -> Option<(String, DataType)> {
    if constraint.definition.contype() != ConstrType::ConstrPrimary {
        return None;
    }
    let index = || place.known.index(&constraint.table.sibling(constraint.definition.indexname.clone()));
    let column = match (constraint.column, &tree::texts(&constraint.definition.keys)[..]) {
        (Some(column), _) => column.to_owned(),
        (None, [column]) => (*column).to_owned(),
        (None, []) => match &index()?.1.columns[..] {
            [column] => column.clone(),
            _ => return None,
        },
        (None, _) => return None,
    };
    let own = columns(place).into_iter().find(|it| it.name == column);
    let data_type = match own {
        Some(own) => place.known.column_of(own.definition).data_type,
        None => place.known.get(&constraint.table)?.column(&column)?.data_type.clone(),
    };
    Some((column, data_type))
}
