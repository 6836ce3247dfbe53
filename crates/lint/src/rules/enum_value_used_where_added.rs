//! An enum value is used in the transaction that added it.
//!
//! ## Why
//!
//! PostgreSQL refuses it: "unsafe use of new value". The value cannot be used before the transaction that added it
//! has committed, so everything between BEGIN and COMMIT fails. From 17 on it may be used when the type itself was
//! made in the same transaction.
//!
//! ## Example
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '1s';
//! BEGIN;
//! ALTER TYPE state ADD VALUE 'lost';
//! ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'lost';
//! COMMIT;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- plain
//! SET lock_timeout = '1s';
//! ALTER TYPE state ADD VALUE 'lost';
//! BEGIN;
//! ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'lost';
//! COMMIT;
//! ```
//!
//! In a revision Cutover ends the transaction in front of the first statement that names the value.
//!
//! ## When to allow it
//!
//! The word that is meant is not the enum's value.

use cutover_core::effect::{Known, Rel};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::tree::{self, AlterEnumStmt, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Item;

pub const RULE: Rule = Rule {
    id: "enum-value-used-where-added",
    level: Level::Error,
    area: Area::Together,
    title: "An enum value is used in the transaction that added it",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !place.item.in_begin || !can_use(place.tree()) {
        return;
    }
    let mut before: Vec<&Item> = Vec::new();
    for item in &place.source.items {
        if item.statement.span.start < place.span().start && item.transaction == place.item.transaction {
            before.push(item);
        }
    }
    for (at, added) in before.iter().enumerate() {
        let NodeEnum::AlterEnumStmt(it) = &added.tree else { continue };
        if it.new_val.is_empty() || !it.old_val.is_empty() {
            continue;
        }
        let (schema, name) = tree::qualified(&it.type_name);
        let of = place.known.type_named(schema, name);
        if place.known.major >= 17 && before[..at].iter().any(|item| makes(place.known, item, &of)) {
            continue;
        }
        if names(place.text(), it) && may_be_of(place, &of) {
            let message = format!(
                "PostgreSQL refuses it: '{}' was added to {of} in the same transaction, line {}",
                it.new_val, added.statement.line
            );
            out.report(place.span(), message).help("COMMIT between the two");
            return;
        }
    }
}

/// What only defines text, or another value beside this one, does not use it.
fn can_use(node: &NodeEnum) -> bool {
    !matches!(
        node,
        NodeEnum::AlterEnumStmt(_)
            | NodeEnum::CommentStmt(_)
            | NodeEnum::CreateFunctionStmt(_)
            | NodeEnum::TransactionStmt(_)
            | NodeEnum::VariableSetStmt(_)
    )
}

fn makes(known: &Known, item: &Item, of: &Rel) -> bool {
    let NodeEnum::CreateEnumStmt(it) = &item.tree else { return false };
    let (schema, name) = tree::qualified(&it.type_name);
    known.type_named(schema, name) == *of
}

/// Whether a statement has the value as a string.
fn names(text: &str, it: &AlterEnumStmt) -> bool {
    let literal = format!("'{}'", it.new_val.replace('\'', "''"));
    tokens(text).any(|token| match token.kind {
        TokenKind::String => token.span.text(text).ends_with(&literal),
        TokenKind::DollarString => token.span.text(text).contains(&literal),
        _ => false,
    })
}

/// Whether a value of the type can stand in a statement: it names the type, or a table that has a column of it, or
/// one of which nobody knows the columns.
fn may_be_of(place: &Place<'_>, of: &Rel) -> bool {
    let text = place.text();
    let named = tokens(text).any(|token| match token.kind {
        TokenKind::Word => token.span.text(text).eq_ignore_ascii_case(&of.name),
        TokenKind::QuotedIdent => token.span.text(text).trim_matches('"') == of.name,
        _ => false,
    });
    let tables = place.known.tables_with(of);
    let mut locks = place.effects.locks.keys();
    named
        || locks.any(|rel| match place.known.get(rel).map(|it| it.columns.is_some() || it.index.is_some()) {
            Some(true) => tables.iter().any(|(table, _)| *table == rel),
            Some(false) | None => true,
        })
}
