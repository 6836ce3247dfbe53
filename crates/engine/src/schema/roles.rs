//! The roles that a history names and does not make: they belong to a server, and a scratch server has none of them.

use std::collections::BTreeSet;

use cutover_core::adopt::needs;
use cutover_core::revision::Revision;
use cutover_core::revision::graph::Index;
use cutover_sql::ident::{quote_ident, quote_literal};
use cutover_sql::span::Span;
use cutover_sql::statement::{Statement, parse_all};

use crate::history::History;
use crate::session::{Session, SessionError, rows};

/// Words without which a statement names no role.
const WORDS: [&str; 6] = ["grant", "revoke", "owner", "role", "policy", "authorization"];

/// How statements begin that make one.
const MAKERS: [&str; 3] = ["create role", "create user", "create group"];

/// Roles that revisions name, and that no revision of the history makes, each with the first statement that names it: by the
/// byte of the file at which that begins.
pub fn named(history: &History, revisions: &[Index]) -> Vec<(String, Index, usize)> {
    let mut found: Vec<(String, Index, usize)> = Vec::new();
    for index in revisions {
        for (name, makes, at) in of_revision(history.revision(*index)) {
            let is_known = name.starts_with("pg_") || found.iter().any(|it| it.0 == name);
            if !makes && !is_known {
                found.push((name, *index, at));
            }
        }
    }
    // few histories name any
    if !found.is_empty() {
        let makers = history.revisions().iter().filter(|it| MAKERS.iter().any(|word| says(&it.text, word)));
        let made: BTreeSet<String> = makers.flat_map(of_revision).filter(|it| it.1).map(|it| it.0).collect();
        found.retain(|it| !made.contains(&it.0));
    }
    found
}

/// The roles of a revision, whether it makes them, and where.
fn of_revision(revision: &Revision) -> Vec<(String, bool, usize)> {
    if !WORDS.iter().any(|word| says(&revision.text, word)) {
        return Vec::new();
    }
    let Ok(document) = revision.document() else { return Vec::new() };
    let statements = document.upgrade.blocks.iter().flat_map(|block| &block.statements);
    let of = |statement: &Statement| {
        let at = statement.span.start;
        let named = roles(statement, statement.span.text(&revision.text)).into_iter();
        named.map(|(name, makes)| (name, makes, at)).collect::<Vec<_>>()
    };
    statements.flat_map(of).collect()
}

fn says(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|it| it.eq_ignore_ascii_case(word.as_bytes()))
}

/// The roles of a statement, and whether it makes them.
fn roles(statement: &Statement, sql: &str) -> Vec<(String, bool)> {
    if statement.copy_data.is_some() || !WORDS.iter().any(|word| says(sql, word)) {
        return Vec::new();
    }
    let nodes = parse_all(sql, Span::new(0, sql.len())).unwrap_or_default();
    let of = |node| {
        let used = needs::roles(node).into_iter().map(|name| (name, false));
        used.chain(needs::created_role(node).map(|name| (name.to_owned(), true))).collect::<Vec<_>>()
    };
    nodes.iter().flat_map(|(_, node)| of(node)).collect()
}

/// Makes those that revisions name, for a replay of them.
pub(super) async fn make(
    history: &History,
    revisions: &[Index],
    session: &Session,
) -> Result<(), SessionError> {
    let wanted = named(history, revisions);
    create(wanted.iter().map(|it| it.0.as_str()), session).await
}

/// Makes roles that are not on a scratch server yet. They cannot log in, and end with it.
pub(super) async fn create<'a>(
    names: impl Iterator<Item = &'a str>,
    session: &Session,
) -> Result<(), SessionError> {
    for role in names {
        let is_there = format!("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {}", quote_literal(role));
        if rows(session.client(), &is_there, "looking for a role").await?.is_empty() {
            let what = "making a role";
            let done = session.client().batch_execute(&format!("CREATE ROLE {}", quote_ident(role))).await;
            done.map_err(|source| SessionError::Query { what, source })?;
        }
    }
    Ok(())
}
