//! What is said of a squash, and why there is none: on the terminal, and for programs.

use std::path::PathBuf;

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_core::revision::stretch::Stretch;
use cutover_engine::history::History;
use cutover_engine::squash::{Difference, Squash, SquashError};
use serde_json::json;

use crate::changes;
use crate::conclusions;
use crate::failure::{Failure, Place, shown};
use crate::new_files::Made;
use crate::output::{Report, count};

/// What is to be known of it.
pub(super) fn conclude(history: &History, draft: &Squash) -> Vec<Conclusion> {
    let mut found = Vec::new();
    let about = |index: &Index| format!("revision {}", history.graph().id(*index));
    for (index, what) in &draft.left_out {
        let text =
            "is left out: it is about rows or programs that were there, and what it led to is in the file";
        found.push(Conclusion::new("left-out", Weight::Note, about(index), text).because(what.clone()));
    }
    for (index, lost) in draft.carried.iter().flat_map(|it| &it.why) {
        let text = format!("{}: the steps are carried over as they stand", lost.reason.words());
        let path = shown(&history.revision(*index).path);
        let one = Conclusion::new("as-it-stands", Weight::Note, about(index), text).at(path, lost.line);
        found.push(one.because(lost.what.clone()));
    }
    if let Some((index, why)) = &draft.irreversible {
        let text = "is irreversible, and so is what replaces it";
        found.push(Conclusion::new("irreversible", Weight::Note, about(index), text).because(why.clone()));
    }
    for (table, columns) in draft.draft.volatile.iter().filter(|_| draft.carried.is_none()) {
        for (column, is_kept) in columns {
            let text = match is_kept {
                true => {
                    "has another value each time that the old revisions run; the file has those of this time"
                }
                false => {
                    "has another value each time that the old revisions run; the file takes the column's default"
                }
            };
            let weight = if *is_kept { Weight::Warning } else { Weight::Note };
            found.push(Conclusion::new("another-value", weight, format!("column {table}.{column}"), text));
        }
    }
    found
}

/// What was written.
pub(super) fn report(
    history: &History,
    stretch: &Stretch,
    draft: &Squash,
    made: &Made,
    moved: &[PathBuf],
    found: &[Conclusion],
) -> Report {
    let graph = history.graph();
    let ids: Vec<&str> = stretch.members.iter().map(|index| graph.id(*index)).collect();
    let mut text = format!("wrote {}, which replaces {}\n", shown(&made.path), count(ids.len(), "revision"));
    for (table, rows) in &draft.draft.rows {
        text += &format!("rows of {table}: {rows}\n");
    }
    text += "on scratch databases it gives the schema, rows and sequences that they gave";
    text += if draft.irreversible.is_some() { "\n" } else { ", and it comes back\n" };
    text += &conclusions::text(found);
    let away = moved.first().filter(|path| path.exists()).and_then(|path| path.parent());
    text += &match away {
        Some(folder) => format!("the old files are in {}/\n", shown(folder)),
        None => "the old files are deleted\n".to_owned(),
    };
    text += &format!(
        "databases that are inside it have to be upgraded to {} with the old files first\n",
        graph.id(stretch.last)
    );
    let rows: Vec<_> =
        draft.draft.rows.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect();
    let data = json!({
        "id": made.id, "file": made.path, "replaces": ids, "moved": moved,
        "irreversible": draft.irreversible.as_ref().map(|(_, why)| why),
        "rows": rows, "conclusions": conclusions::data(found),
    });
    Report::new(text, &data)
}

/// What the proof found.
pub(super) fn differs(difference: &Difference) -> Failure {
    let what = format!(
        "{}, the one revision gives something else than the others, so nothing was written",
        difference.when
    );
    let failure = Failure::new("squash-differs", what);
    let failure = match changes::tree(&difference.changes) {
        tree if tree.is_empty() => failure,
        tree => failure.note(tree.trim_end()).note("- is what they gave, + is what it gives"),
    };
    let failure = difference.rows.iter().fold(failure, |failure, line| failure.note(line));
    failure.help("leave out of the stretch what makes the difference, or report it with the revisions")
}

/// What cannot be put into one revision, with its places.
pub(super) fn failed(error: SquashError, history: &History) -> Failure {
    let message = error.to_string();
    match error {
        SquashError::Schema(error) => error.into(),
        SquashError::Session(error) => error.into(),
        SquashError::Seed(error) => error.into(),
        SquashError::Revision(error) => {
            let help = error.help();
            Failure::usage("bad-revision-file", message).help(help)
        }
        SquashError::Lost { lost } => {
            let failure = Failure::usage("no-squash", format!("{message}, so nothing was written"));
            let failure = lost.iter().fold(failure, |failure, (index, lost)| {
                let place = Place {
                    line: Some(lost.line),
                    source: lost.what.clone(),
                    ..Place::file(&history.revision(*index).path)
                };
                failure.at(place.label(lost.reason.words()))
            });
            failure.help("leave these revisions out: squash the stretch before them, and the one after; or begin with base: a new database has no rows, and nothing to wait for")
        }
        SquashError::Rows { .. } => Failure::usage("no-squash", message)
            .help("leave the revision that does it out of the stretch, or begin with base"),
        SquashError::Renamed(_) => Failure::usage("no-squash", message)
            .help("leave the revision that renames it out of the stretch, or begin with base"),
    }
}
