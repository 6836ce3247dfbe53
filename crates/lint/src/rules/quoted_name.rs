//! A new name with capitals, blanks or other characters that have to be quoted.
//!
//! ## Why
//!
//! PostgreSQL reads names without quotes as lower case. Such a name has to be quoted in every query, every script
//! and by every tool, and whoever forgets it gets an error that the relation does not exist.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE "OrderLines" (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE order_lines (id bigint PRIMARY KEY);
//! ```
//!
//! Key words, such as `"order"`, are not reported. Neither are names that are there already.
//!
//! ## When to allow it
//!
//! An object mapper quotes all names and wants them so.

use cutover_sql::ident::quote_ident;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::is_looked_at;
use crate::look::names::given;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "quoted-name",
    level: Level::Note,
    area: Area::Design,
    title: "A name that has to be quoted",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !is_looked_at(place) {
        return;
    }
    let odd: Vec<_> = given(place.tree()).into_iter().filter(|named| !is_simple(named.name)).collect();
    let Some(first) = odd.first() else { return };
    let message =
        format!("the {} {} has to be quoted wherever it is named", first.what, quote_ident(first.name));
    let mut others = odd.iter().skip(1).map(|named| quote_ident(named.name)).collect::<Vec<_>>();
    others.dedup();
    let more = if others.is_empty() { String::new() } else { format!(", and so have {}", others.join(", ")) };
    out.report(place.span(), message + &more).help("lower case letters, digits and _");
}

/// Whether a name reads back as it is written, key words aside.
fn is_simple(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$')
}
