//! A change of a column's type to one that cannot hold all values of the old one.
//!
//! ## Why
//!
//! A value that does not fit either makes the statement fail, after it has gone through part of the table (a longer
//! text, a larger integer), or loses a part of itself without a word (digits behind the point, fractions of a
//! second, the time of a day). The way back does not bring it again. And code that runs now still writes such
//! values.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE users (name varchar(100));
//! -- revision
//! ALTER TABLE users ALTER COLUMN name TYPE varchar(50);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE users (name varchar(100));
//! -- revision
//! ALTER TABLE users ADD CONSTRAINT name_is_short CHECK (length(name) <= 50) NOT VALID;
//! --@ sql
//! ALTER TABLE users VALIDATE CONSTRAINT name_is_short;
//! ```
//!
//! A check says the same, lets you see what does not fit before it is refused, and rewrites nothing.
//!
//! ## When to allow it
//!
//! A guard of the revision has made sure that all values fit, and the code that runs writes no others.

use cutover_core::effect::Loss;
use cutover_sql::ident::quote_ident;
use cutover_sql::tree;

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::{altered, retyped};
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "type-narrows",
    level: Level::Error,
    area: Area::Code,
    title: "A change of a column's type to one that cannot hold all values of the old one",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let retyped = retyped(place.tree());
    if retyped.is_empty() || place.is_refused() {
        return;
    }
    let mut columns = Vec::new();
    for loss in &place.effects.losses {
        let Loss::Narrowed { table, column } = loss else { continue };
        let known = place.known.get(table).and_then(|it| it.column(column));
        let is_new = known.is_some_and(|it| place.known.is_new(it.made)) || takes_back(place, column);
        if place.is_old(table) && !is_new {
            let new = retyped.iter().find(|(name, _)| name == column).map(|(_, it)| it.type_name.as_ref());
            let new = place.known.data_type(new.flatten());
            let old = known.map(|it| format!(" ({})", it.data_type)).unwrap_or_default();
            columns.push(format!("{table}.{}{old} that {new} cannot hold", quote_ident(column)));
        }
    }
    if !columns.is_empty() {
        let message = format!("a value of {} makes it fail, or loses a part of itself", list(columns));
        out.report(place.span(), message)
            .help("look for such values with a guard before, or say the limit in a CHECK and keep the type");
    }
}

/// Whether a way back changes the type of a column that the way up has changed.
fn takes_back(place: &Place<'_>, column: &str) -> bool {
    let table = altered(place);
    let mut up = place.source.items.iter().filter(|item| item.section == Section::Upgrade);
    !place.is_upgrade()
        && up.any(|item| {
            let tree::NodeEnum::AlterTableStmt(it) = &*item.tree else { return false };
            it.relation.as_ref().map(|rel| place.known.resolve(rel)) == table
                && retyped(&item.tree).iter().any(|(name, _)| *name == column)
        })
}
