//! What keeps files from being a history, as conclusions: unreadable files, wrong headers, ids that exist twice, parents
//! that do not exist, circles; statements that no revision can have.

use std::path::Path;

use cutover_core::plan::{Direction, PlanError};
use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::RevisionError;
use cutover_core::revision::graph::GraphError;
use cutover_sql::document::Problem;
use cutover_sql::span::{line_around, place};
use cutover_sql::statement::SyntaxError;

use super::survey::shown;
use crate::history::HistoryError;

/// A file that is no text.
pub fn unreadable(name: &str, error: &HistoryError) -> Conclusion {
    let (line, next) = match error {
        HistoryError::NotUtf8 { error, .. } => (error.line, error.help()),
        HistoryError::Folder { .. }
        | HistoryError::File { .. }
        | HistoryError::Revisions { .. }
        | HistoryError::Graph { .. } => (1, "see who may read the file"),
    };
    Conclusion::new("unreadable-file", Weight::Error, name, error.to_string()).at(name, line).next(next)
}

/// A folder of revisions that is not there.
pub fn no_folder(root: &Path, folder: &Path) -> Conclusion {
    let text = "there is no such folder: the project has no revisions yet, or cutover.toml names another one";
    Conclusion::new("no-migrations", Weight::Warning, shown(root, folder), text)
        .next("create the folder; cutover baseline takes a live database as the first revision")
}

/// What is wrong with one file. `name` is the file as the user would name it.
pub fn file(name: &str, text: &str, error: &RevisionError) -> Conclusion {
    let offset = error.span().map_or(0, |span| span.start);
    let id = match error {
        RevisionError::FileName { .. } => "file-name",
        RevisionError::Gate { .. } => "gate-never-opens",
        RevisionError::Document(error) => match &error.problem {
            Problem::NoDowngrade => "no-downgrade",
            Problem::Syntax(SyntaxError::MetaCommand { .. }) => "psql-command",
            Problem::Syntax(_) => "syntax-error",
            Problem::Unknown(_)
            | Problem::Misplaced(_)
            | Problem::Twice(_)
            | Problem::Arguments { .. }
            | Problem::SqlInHeader
            | Problem::NoUpgrade
            | Problem::Statements { .. }
            | Problem::Unterminated(_) => "bad-revision-file",
        },
        RevisionError::NoId
        | RevisionError::NoParent
        | RevisionError::Name { .. }
        | RevisionError::Phase { .. }
        | RevisionError::Order { .. } => "bad-revision-file",
    };
    let found = Conclusion::new(id, Weight::Error, name, said(error)).at(name, place(text, offset).line);
    let line = line_around(text, offset).trim();
    let found = if line.is_empty() || error.span().is_none() { found } else { found.because(line) };
    found.next(error.help())
}

/// What is wrong, and why it matters where the error does not say so.
fn said(error: &RevisionError) -> String {
    if let RevisionError::Document(it) = error
        && let Problem::Syntax(SyntaxError::MetaCommand { command, .. }) = &it.problem
        && command.starts_with("\\i")
    {
        return format!("{error}: what it runs is in another file, which nobody watches");
    }
    error.to_string()
}

/// What keeps a section from being run. `at` is the revision's id, its file and the text of it.
pub fn plan(at: (&str, &str, &str), direction: Direction, error: &PlanError) -> Conclusion {
    let (revision, path, text) = at;
    let span = error.span();
    let (id, said) = match error {
        PlanError::TransactionControl { verb, .. } => (
            "transaction-control",
            format!(
                "{verb} in the middle of the {}: what stands before it would stay when what follows fails",
                direction.as_str()
            ),
        ),
        PlanError::Gate { .. } => ("gate-never-opens", error.to_string()),
        PlanError::ResetsAll { .. } | PlanError::Backfill { .. } => ("bad-section", error.to_string()),
    };
    Conclusion::new(id, Weight::Error, revision, said)
        .at(path, place(text, span.start).line)
        .because(line_around(text, span.start).trim())
        .next(error.help())
}

/// What keeps revisions from fitting together.
pub fn graph(root: &Path, error: &GraphError) -> Conclusion {
    let of = |id, about: &str, file: &Path| {
        Conclusion::new(id, Weight::Error, about, error.to_string()).at(shown(root, file), 1)
    };
    match error {
        GraphError::Duplicate { id, first, second } => {
            let text = format!("revision {id} exists twice, and only one of the files can be examined");
            Conclusion::new("duplicate-id", Weight::Error, id, text)
                .at(shown(root, second), 1)
                .because(shown(root, first))
                .because(shown(root, second))
                .next("give one of the two another id, in its file name and its \"--@ revision\" line")
        }
        GraphError::Missing { id, nearest, file, .. } => of("missing-parent", id, file).next(match nearest {
            Some(near) => format!("did you mean {near}?"),
            None => "bring the file back, or write the id of a revision that exists, or base".into(),
        }),
        GraphError::Cycle { ids, file } => of("cycle", &ids[0], file)
            .next("let the one that was written first revise something outside of the circle"),
        GraphError::StillThere { id, there, file, .. } => of("still-there", id, file)
            .because(shown(root, there))
            .next("move the old file away, or take its id out of the \"--@ replaces\" line"),
        GraphError::ReplacedTwice { id, first, second, file, .. } => of("replaced-twice", id, file)
            .because(first)
            .because(second)
            .next("take it out of one of the two \"--@ replaces\" lines"),
        GraphError::Label { label, file, .. } => of("label-taken", label, file).next("choose another label"),
    }
}
