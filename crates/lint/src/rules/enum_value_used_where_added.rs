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
use cutover_sql::tree::{self, AlterEnumStmt, Node, NodeEnum};

use crate::context::{Judged, RevisionView};
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::{Item, Section};

pub const RULE: Rule = Rule {
    id: "enum-value-used-where-added",
    level: Level::Error,
    area: Area::Together,
    title: "An enum value is used in the transaction that added it",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let mut transaction = usize::MAX;
    let (mut added, mut new): (Vec<(&Item, &AlterEnumStmt, Rel)>, Vec<Rel>) = (Vec::new(), Vec::new());
    for judged in view.section(Section::Upgrade).filter(|judged| view.item(judged).in_begin) {
        let item = view.item(judged);
        if item.transaction != transaction {
            transaction = item.transaction;
            (added, new) = (Vec::new(), Vec::new());
        }
        match &*item.tree {
            NodeEnum::CreateEnumStmt(it) => new.push(type_of(view.known, &it.type_name)),
            NodeEnum::AlterEnumStmt(it) if !it.new_val.is_empty() && it.old_val.is_empty() => {
                let of = type_of(view.known, &it.type_name);
                if view.known.major < 17 || !new.contains(&of) {
                    added.push((item, it, of));
                }
            }
            _ => {}
        }
        let text = item.statement.span.text(&view.source.text);
        let uses = |(_, it, of): &&(&Item, &AlterEnumStmt, Rel)| {
            names(text, it) && may_be_of(view.known, text, judged, of)
        };
        if let Some((there, it, of)) = added.iter().filter(|_| can_use(&item.tree)).find(uses) {
            let line = there.statement.line;
            let message = format!(
                "PostgreSQL refuses it: line {line} adds '{}' to {of} in the same transaction",
                it.new_val
            );
            out.report(item.statement.span, message).help("COMMIT between the two");
        }
    }
}

fn type_of(known: &Known, names: &[Node]) -> Rel {
    let (schema, name) = tree::qualified(names);
    known.type_named(schema, name)
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
fn may_be_of(known: &Known, text: &str, judged: &Judged, of: &Rel) -> bool {
    let named = tokens(text).any(|token| match token.kind {
        TokenKind::Word => token.span.text(text).eq_ignore_ascii_case(&of.name),
        TokenKind::QuotedIdent => token.span.text(text).trim_matches('"') == of.name,
        _ => false,
    });
    let tables = known.tables_with(of);
    let mut locks = judged.effects.locks.keys();
    named
        || locks.any(|rel| match known.get(rel).map(|it| it.columns.is_some() || it.index.is_some()) {
            Some(true) => tables.iter().any(|(table, _)| *table == rel),
            Some(false) | None => true,
        })
}
