//! `IF NOT EXISTS` or `IF EXISTS` in a revision.
//!
//! ## Why
//!
//! A revision runs once on each database, and the history says what is there. Where it is otherwise, the statement
//! does nothing and succeeds: a table of the same name with other columns stays as it is, and the revision counts as
//! applied. The lock is taken all the same: ADD COLUMN IF NOT EXISTS takes ACCESS EXCLUSIVE on the table although
//! the column is there.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! Databases are known to differ, and either is fine.

use cutover_core::effect::Rel;
use cutover_core::effect::known::{Kind, Relation};
use cutover_sql::lex::{Token, TokenKind, tokens};
use cutover_sql::span::Span;
use cutover_sql::tree::{self, AlterTableType, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::{Edit, Fix, Level};
use crate::look::names::relations;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "if-not-exists",
    level: Level::Note,
    area: Area::History,
    title: "IF NOT EXISTS or IF EXISTS in a revision",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !place.is_revision() {
        return;
    }
    if !has_word(place.text(), "exists") {
        return;
    }
    let all = phrases(place.text());
    let Some(first) = all.first() else { return };
    let creates = first.text(place.text()).to_uppercase().contains("NOT");
    let words = if creates { "IF NOT EXISTS" } else { "IF EXISTS" };
    let there = is_there(place);
    let (level, message) = match (creates, there) {
        (true, Some(true)) => {
            (Level::Warning, "it is there already: this does nothing and counts as done".to_owned())
        }
        (true, _) => (Level::Note, format!("{words} hides what is there already under the same name")),
        (false, Some(false)) => {
            (Level::Warning, "it is not there: this does nothing and counts as done".to_owned())
        }
        (false, _) => (Level::Note, format!("{words} hides it where this does nothing")),
    };
    let at = Span::new(place.span().start + first.start, place.span().start + first.end);
    let sure = !creates && there == Some(true) && all.len() == 1;
    out.report(at, message)
        .help(format!("leave {words} out: the history says what is there"))
        .level(level)
        .fix(sure.then(|| without(place, at)));
}

/// The statement without the words, where they change nothing.
fn without(place: &Place<'_>, words: Span) -> Fix {
    let rest = &place.source.text[words.end..];
    let blanks = rest.len() - rest.trim_start_matches(' ').len();
    let span = Span::new(words.start, words.end + blanks);
    let title = "without IF EXISTS".into();
    Fix { title, edits: vec![Edit { span, text: String::new() }], safe: true }
}

/// Whether a word can be in a text: most statements need no closer look.
fn has_word(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Where `IF [NOT] EXISTS` stands. SQL has an IF nowhere else; that of PL/pgSQL is in a string.
fn phrases(text: &str) -> Vec<Span> {
    let solid: Vec<Token> = tokens(text).filter(|token| !token.is_blank()).collect();
    let is = |at: usize, word: &str| {
        solid.get(at).is_some_and(|token: &Token| {
            token.kind == TokenKind::Word && token.span.text(text).eq_ignore_ascii_case(word)
        })
    };
    let mut found = Vec::new();
    for at in (0..solid.len()).filter(|at| is(*at, "if")) {
        let end = if is(at + 1, "not") { at + 2 } else { at + 1 };
        if is(end, "exists") {
            found.push(Span::new(solid[at].span.start, solid[end].span.end));
        }
    }
    found
}

/// Whether the thing is known to be there, or, of several, all of them; nothing where nobody knows.
fn is_there(place: &Place<'_>) -> Option<bool> {
    // one that was only mentioned, perhaps with IF EXISTS, is not known to be there
    let is_made = |it: &Relation| it.columns.is_some() || !matches!(it.kind, Kind::Table | Kind::Partitioned);
    let known = |rel: &Rel| known_to_be_there(place, place.known.get(rel).is_some_and(is_made));
    match place.tree() {
        NodeEnum::CreateStmt(it) => known(&place.known.resolve(it.relation.as_ref()?)),
        NodeEnum::IndexStmt(it) if !it.idxname.is_empty() => {
            let table = place.known.resolve(it.relation.as_ref()?);
            known(&table.sibling(it.idxname.clone()))
        }
        NodeEnum::CreateSeqStmt(it) => known(&place.known.resolve(it.sequence.as_ref()?)),
        NodeEnum::CreateSchemaStmt(it) => {
            known_to_be_there(place, place.known.schema_made(&it.schemaname).is_some())
        }
        NodeEnum::CreateExtensionStmt(it) => {
            known_to_be_there(place, place.known.extension_made(&it.extname).is_some())
        }
        NodeEnum::DropStmt(it) if is_relation(it.remove_type()) => {
            let rels = relations(place, &it.objects);
            rels.iter().map(&known).reduce(|a, b| if a == Some(true) { b } else { a })?
        }
        NodeEnum::AlterTableStmt(it) => {
            let table = place.known.resolve(it.relation.as_ref()?);
            let NodeEnum::AlterTableCmd(command) = it.cmds.iter().find_map(tree::inner)? else { return None };
            if it.missing_ok {
                return known(&table);
            }
            let relation = place.known.get(&table)?;
            match (command.subtype(), tree::boxed(command.def.as_deref())) {
                _ if it.cmds.len() != 1 => None,
                (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => {
                    relation.column(&column.colname).is_some().then_some(true)
                }
                (AlterTableType::AtDropColumn, _) => relation.column(&command.name).is_some().then_some(true),
                (AlterTableType::AtDropConstraint, _) => {
                    relation.constraint(&command.name).is_some().then_some(true)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn known_to_be_there(place: &Place<'_>, is_known: bool) -> Option<bool> {
    match is_known {
        true => Some(true),
        false => place.known.complete.then_some(false),
    }
}

fn is_relation(what: ObjectType) -> bool {
    matches!(
        what,
        ObjectType::ObjectTable
            | ObjectType::ObjectIndex
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectSequence
    )
}
