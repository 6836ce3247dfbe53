//! A unique index is built on a table that was there before, whose rows may not be unique.
//!
//! ## Why
//!
//! Two rows with the same values make it fail, after it has read the table: "could not create unique index". Built
//! concurrently it leaves an INVALID index behind, which no query uses, which every write maintains, and which has to
//! be dropped before the next attempt.
//!
//! ## Example
//!
//! ```sql
//! CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! --@ guard "no email comes twice" expect no rows
//! SELECT email FROM users GROUP BY email HAVING count(*) > 1;
//! --@ sql
//! CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
//! ```
//!
//! A guard that reads the table before is taken for a look at it. Nothing is said where a column is new in this
//! revision, or where another unique index keeps the rows apart already.
//!
//! ## When to allow it
//!
//! The rows are known to be unique: somebody has looked, or what writes them sees to it.

use cutover_core::effect::known::index_of;
use cutover_core::effect::{Rel, uses};
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::is_looked_at;
use crate::look::old::still_unique;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "unique-index-may-fail",
    level: Level::Note,
    area: Area::Design,
    title: "A unique index on a table that was there before, whose rows may not be unique",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::IndexStmt(it) = place.tree() else { return };
    let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { return };
    if !it.unique || !is_looked_at(place) || place.is_refused() || !place.is_old(&table) {
        return;
    }
    let index = index_of(it);
    // one that is there already is not built
    let exists = it.if_not_exists && place.known.index(&table.sibling(it.idxname.clone())).is_some();
    let is_kept_apart =
        !index.expression && still_unique(place.known, &table, &Rel::new("", ""), &index.columns);
    if exists || is_kept_apart || has_new_column(place, &table, &index.uses) || was_looked_at(place, &table) {
        return;
    }
    let what = match index.expression {
        true => "with the same values".to_owned(),
        false => format!("with the same {}", list(&index.columns)),
    };
    let then = if it.concurrent { ", and leave an INVALID index behind" } else { "" };
    let message = format!("two rows of {table} {what} make it fail{then}");
    out.report(place.span(), message).help("look for such rows before, in a guard of the revision");
}

/// Whether a column is new here, so that the revision itself fills it.
fn has_new_column(place: &Place<'_>, table: &Rel, columns: &[String]) -> bool {
    let relation = place.known.get(table);
    let is_new = |name: &String| {
        let column = relation.and_then(|it| it.column(name));
        column.is_some_and(|column| place.known.is_new(column.made))
    };
    columns.iter().any(is_new)
}

/// Whether a guard before it reads the table.
fn was_looked_at(place: &Place<'_>, table: &Rel) -> bool {
    let own = place.item;
    let before = place.source.items.iter().take_while(|item| item.statement.span != own.statement.span);
    before
        .filter(|item| item.guard && item.section == own.section)
        .any(|item| uses(place.known, &item.tree).iter().any(|one| one.relation == *table))
}
