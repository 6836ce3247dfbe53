//! A stretch whose revisions do something with rows that were there before it: what that is, no result says, as other
//! databases have other rows. Its steps are carried over as they stand, one revision after the other; every database has
//! run all of them or none, so that they find what they found before.

use cutover_core::plan::Direction;
use cutover_core::revision::RevisionError;
use cutover_core::revision::carried::{Lost, Reason};
use cutover_core::revision::graph::Index;
use cutover_core::revision::stretch::Stretch;
use cutover_sql::document::{self, BlockKind, Document, Header, Section, Trees};
use cutover_sql::tree::{NodeEnum, VariableSetKind};

use super::{SquashError, Steps};
use crate::history::History;
use crate::schema::{Bench, SchemaError, Workshop, replay};
use crate::session::Settings;

/// The sections of all, in running order and back.
///
/// # Errors
/// What cannot stand in one revision with others: settings of its own, and what waits.
pub(super) fn steps(
    history: &History,
    stretch: &Stretch,
    why: Vec<(Index, Lost)>,
) -> Result<Steps, SquashError> {
    let (mut up, mut down, mut lost) = (String::new(), String::new(), Vec::new());
    let first = history.revision(stretch.members[0]).header.clone();
    for index in &stretch.members {
        let revision = history.revision(*index);
        let (document, trees) =
            document::read_trees(&revision.text).map_err(|error| Box::new(RevisionError::from(error)))?;
        lost.extend(alone(&revision.text, &document, &trees, &first).into_iter().map(|it| (*index, it)));
        let title = format!("{}: {}", history.graph().id(*index), history.graph().node(*index).message);
        up += &section(&revision.text, &document.upgrade, &title);
        let back = document.downgrade.as_ref().map(|it| section(&revision.text, it, &title));
        down = back.unwrap_or_default() + &down;
    }
    if !lost.is_empty() {
        return Err(SquashError::Lost { lost });
    }
    let (lock_timeout, statement_timeout) = (first.lock_timeout, first.statement_timeout);
    Ok(Steps { up, down, why, lock_timeout, statement_timeout })
}

/// What keeps a revision from standing in one with others.
fn alone(text: &str, document: &Document, trees: &Trees, first: &Header) -> Vec<Lost> {
    let header = &document.header;
    let mut lost = Vec::new();
    let value = |header: &Header| {
        let of = |it: &Option<document::Spanned<std::time::Duration>>| it.as_ref().map(|it| it.value);
        (of(&header.lock_timeout), of(&header.statement_timeout))
    };
    if !header.requires.is_empty() {
        lost.push(Lost { line: 1, what: "requires".into(), reason: Reason::Waits });
    }
    if value(header) != value(first) {
        lost.push(Lost { line: 1, what: "lock_timeout, statement_timeout".into(), reason: Reason::Settings });
    }
    for section in std::iter::once(&document.upgrade).chain(document.downgrade.as_ref()) {
        for block in &section.blocks {
            if let (BlockKind::Deploy { .. }, Some(span)) = (&block.kind, block.directive) {
                let line = cutover_sql::span::place(text, span.start).line;
                lost.push(Lost { line, what: span.text(text).to_owned(), reason: Reason::Waits });
            }
            for statement in &block.statements {
                if trees.get(&statement.span.start).is_some_and(stays) {
                    let what = statement.title();
                    lost.push(Lost { line: statement.line, what, reason: Reason::Settings });
                }
            }
        }
    }
    lost
}

/// Whether a statement sets something for the rest of its revision.
fn stays(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::VariableSetStmt(it) => !it.is_local && it.kind() != VariableSetKind::VarSetMulti,
        _ => false,
    }
}

/// A section under the title of its revision; plain statements at its beginning are a step of their own.
fn section(text: &str, section: &Section, title: &str) -> String {
    let body = section.span.text(text).trim();
    let is_plain = section.blocks.first().is_some_and(|block| block.directive.is_none());
    let start = if is_plain { "--@ sql\n" } else { "" };
    let title = title.replace(['\n', '\r'], " ");
    if body.is_empty() { String::new() } else { format!("{start}-- {title}\n{body}\n\n") }
}

/// A database on which the old revisions went up and back: what the one revision has to come back to.
pub(super) async fn back(
    history: &History,
    stretch: &Stretch,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Bench, SchemaError> {
    let bench = workshop.bench(None).await?;
    bench.apply(history, &stretch.below, settings).await?;
    bench.apply(history, &stretch.members, settings).await?;
    let members: Vec<Index> = stretch.members.iter().rev().copied().collect();
    replay::exactly(history, Direction::Downgrade, &members, settings, &bench.session).await?;
    Ok(bench)
}
