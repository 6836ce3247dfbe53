//! Downgrades that have nothing in them where the upgrade does something. Whether the others restore is for `replay`.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;

use cutover_sql::document::{BlockKind, Section};

use super::nothing::is_empty;
use super::survey::Survey;

/// Whether a revision says that it cannot be undone, or why its rows stay.
fn is_said(survey: &Survey, index: Index) -> bool {
    let header = &survey.history.revision(index).header;
    header.irreversible.is_some() || header.allows.iter().any(|allow| allow.value.0 == "empty-downgrade")
}

/// Whether a section may leave something behind: a guard and a deploy do not.
fn changes(section: &Section) -> bool {
    section.blocks.iter().any(|block| match &block.kind {
        BlockKind::Sql => !block.statements.is_empty(),
        BlockKind::Backfill { .. } | BlockKind::Run { .. } => true,
        BlockKind::Guard { .. } | BlockKind::Deploy { .. } => false,
    })
}

/// The revisions whose downgrade is empty and should not be.
pub fn empty(survey: &Survey) -> Vec<Index> {
    let is_bare = |(index, document): &(&Index, &cutover_sql::document::Document)| {
        changes(&document.upgrade)
            && document.downgrade.as_ref().is_none_or(is_empty)
            && !is_said(survey, **index)
    };
    survey.documents.iter().filter(is_bare).map(|(index, _)| *index).collect()
}

/// Finds them.
pub fn check(survey: &Survey) -> Vec<Conclusion> {
    let conclude = |index: Index| {
        let at = survey.documents[&index].downgrade.as_ref().map_or(0, |section| section.span.start);
        let first = survey.documents[&index].upgrade.blocks.iter().flat_map(|it| &it.statements).next();
        let text = "its downgrade is empty: it succeeds, undoes nothing, and the next upgrade finds everything there";
        let mut found = survey.about(index, at, "empty-downgrade", Weight::Warning, text);
        found.evidence.extend(first.map(|statement| format!("stays: {}", statement.title())));
        found.next("write the way back, or --@ irreversible \"why\" in the header and no downgrade")
    };
    empty(survey).into_iter().map(conclude).collect()
}
