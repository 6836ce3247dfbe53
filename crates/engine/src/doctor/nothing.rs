//! Revisions with nothing to run: no statement, only comments. What only a replay can tell is in `replay`.

use cutover_core::report::{Conclusion, Weight};
use cutover_sql::document::{BlockKind, Section};
use cutover_sql::lex::{TokenKind, tokens};

use super::survey::Survey;

/// Finds them. A merge has nothing to do by its nature.
pub fn check(survey: &Survey) -> Vec<Conclusion> {
    let graph = survey.history.graph();
    let empty =
        survey.documents.iter().filter(|(index, it)| is_empty(&it.upgrade) && !graph.is_merge(**index));
    let conclude = |(index, document): (&usize, &cutover_sql::document::Document)| {
        let text = &survey.history.revision(*index).text;
        let section = document.upgrade.span;
        let mut comments: Vec<&str> = tokens(section.text(text))
            .filter(|token| matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment))
            .map(|token| token.span.text(section.text(text)).trim())
            .collect();
        comments.truncate(5);
        let said = match comments.is_empty() {
            true => "its upgrade has no statement: it is applied and changes nothing",
            false => "its upgrade has comments only: it is applied and changes nothing",
        };
        let mut found = survey.about(*index, section.start, "does-nothing", Weight::Warning, said);
        found.evidence = comments.into_iter().map(str::to_owned).collect();
        found.next("write the statements, or squash it away; what a later revision expects of it is missing")
    };
    empty.map(conclude).collect()
}

/// Whether a section runs nothing.
pub fn is_empty(section: &Section) -> bool {
    section.blocks.iter().all(|block| match &block.kind {
        BlockKind::Sql => block.statements.is_empty(),
        BlockKind::Backfill { .. }
        | BlockKind::Guard { .. }
        | BlockKind::Deploy { .. }
        | BlockKind::Run { .. } => false,
    })
}
