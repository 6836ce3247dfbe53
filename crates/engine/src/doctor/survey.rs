//! A project as far as it can be read: what is wrong with a file or a graph becomes a conclusion, is left out or mended in
//! memory, and what is left is a history like any other.
//!
//! It writes nothing and asks no database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cutover_core::plan::{self, Direction};
use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::{GraphError, Index};
use cutover_core::revision::{Revision, RevisionError};
use cutover_sql::document::Document;
use cutover_sql::span::{Span, line_around, place};

use super::broken;
use crate::history::{self, History, HistoryError};

/// What could be read.
#[derive(Debug)]
pub struct Survey {
    root: PathBuf,
    /// The revisions that fit together.
    pub history: History,
    /// The files that are whole, by their revision.
    pub documents: BTreeMap<Index, Document>,
    /// Revisions whose file cannot run as it is.
    pub unusable: BTreeSet<Index>,
    /// What is wrong with files and graph.
    pub found: Vec<Conclusion>,
    /// What files are called that could not be read at all.
    pub unreadable: Vec<String>,
}

impl Survey {
    /// Reads the folder of a project that lies in `root`.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub fn read(root: &Path, folder: &Path) -> Result<Self, HistoryError> {
        let mut found = Vec::new();
        let revisions = files(root, folder, &mut found)?;
        let unreadable = found.iter().map(|it: &Conclusion| it.about.clone()).collect();
        let history = joined(root, folder, revisions, &mut found)?;
        let mut survey = Self {
            root: root.to_owned(),
            history,
            documents: BTreeMap::new(),
            unusable: BTreeSet::new(),
            found,
            unreadable,
        };
        (0..survey.history.graph().len()).for_each(|index| survey.document(index));
        Ok(survey)
    }

    /// Reads the sections of a revision.
    fn document(&mut self, index: Index) {
        let revision = self.history.revision(index);
        let document = match revision.document() {
            Ok(document) => document,
            Err(error) => {
                let name = shown(&self.root, &revision.path);
                self.found.push(broken::file(&name, &revision.text, &error));
                self.unusable.insert(index);
                return;
            }
        };
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            if let Err(error) = plan::steps(&revision.text, &document, direction) {
                let at = (revision.id(), &*shown(&self.root, &revision.path), &*revision.text);
                self.found.push(broken::plan(at, direction, &error));
                self.unusable.insert(index);
            }
        }
        self.documents.insert(index, document);
    }

    /// The file of a revision, as the user would name it.
    pub fn path(&self, index: Index) -> String {
        shown(&self.root, &self.history.revision(index).path)
    }

    /// A conclusion about a revision, at a byte of its file.
    pub fn about(
        &self,
        index: Index,
        offset: usize,
        id: &'static str,
        weight: Weight,
        text: impl Into<String>,
    ) -> Conclusion {
        let revision = self.history.revision(index);
        let line = place(&revision.text, offset).line;
        Conclusion::new(id, weight, revision.id(), text).at(self.path(index), line)
    }

    /// Where the id of a revision stands in its file.
    pub fn id_offset(&self, index: Index) -> usize {
        self.history.revision(index).header.revision.as_ref().map_or(0, |id| id.span.start)
    }
}

/// A path below the project, with `/`.
pub fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string().replace('\\', "/")
}

/// The files whose headers can be read, where need be without the line that is wrong.
fn files(root: &Path, folder: &Path, found: &mut Vec<Conclusion>) -> Result<Vec<Revision>, HistoryError> {
    let mut revisions = Vec::new();
    for path in history::files(folder)? {
        let name = shown(root, &path);
        match history::text(&path) {
            Ok(text) => revisions.extend(read(&path, text, &name, found)),
            Err(error) => found.push(broken::unreadable(&name, &error)),
        }
    }
    Ok(revisions)
}

fn read(path: &Path, mut text: String, name: &str, found: &mut Vec<Conclusion>) -> Option<Revision> {
    let mut read_as = path.to_owned();
    // each turn takes one line away or corrects the name
    for _ in 0..100 {
        let (back, error) = match Revision::read(read_as.clone(), text) {
            Ok(revision) => return Some(Revision { path: path.to_owned(), ..revision }),
            Err(problem) => problem,
        };
        let complaint = broken::file(name, &back, &error);
        let first = !found.iter().any(|it| it.place == complaint.place && it.id == complaint.id);
        text = if let RevisionError::FileName { id, .. } = &*error {
            read_as = path.with_file_name(format!("{id}.sql"));
            back
        } else if let Some(text) = error.span().and_then(|span| without_line(&back, span)) {
            text
        } else {
            found.push(complaint);
            return None;
        };
        if first {
            found.push(complaint);
        }
    }
    None
}

/// The text with a directive made a comment; every byte stays where it is.
fn without_line(text: &str, span: Span) -> Option<String> {
    let line = line_around(text, span.start);
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let needed = ["--@ revision ", "--@ revises "].iter().any(|word| line.starts_with(word));
    (line.starts_with("--@") && !needed).then(|| format!("{}-- {}", &text[..start], &text[start + 3..]))
}

/// The revisions as a history, without what keeps them from being one.
fn joined(
    root: &Path,
    folder: &Path,
    mut revisions: Vec<Revision>,
    found: &mut Vec<Conclusion>,
) -> Result<History, HistoryError> {
    // each turn takes something away
    let mut turns = 2 * revisions.len() + 10;
    loop {
        turns -= 1;
        match History::join(folder.to_owned(), revisions.clone()) {
            Ok(history) => return Ok(history),
            Err(HistoryError::Graph { errors }) if turns > 0 => {
                for error in errors {
                    found.push(broken::graph(root, &error));
                    mend(&mut revisions, &error);
                }
            }
            Err(HistoryError::Revisions { problems }) if turns > 0 => {
                for problem in problems {
                    found.push(broken::file(&shown(root, &problem.path), &problem.text, &problem.error));
                    revisions
                        .iter_mut()
                        .filter(|it| it.path == problem.path)
                        .for_each(|it| it.rollout = None);
                }
            }
            Err(other) => return Err(other),
        }
    }
}

/// Takes away what an error is about.
fn mend(revisions: &mut Vec<Revision>, error: &GraphError) {
    let mut without = |of: &str, reference: &str| {
        for revision in revisions.iter_mut().filter(|it| it.id() == of) {
            revision.header.depends.retain(|it| it.value != reference);
            if let Some(parents) = &mut revision.header.revises {
                parents.retain(|it| it.value != reference);
            }
        }
    };
    match error {
        GraphError::Duplicate { second, .. } => revisions.retain(|it| it.path != *second),
        GraphError::Missing { id, missing, .. } => without(id, missing),
        // each needs the one before it; the last is the first again
        GraphError::Cycle { ids, .. } => {
            if let [first, .., last, _] = &ids[..] {
                without(first, last);
            } else if let [only, _] = &ids[..] {
                without(only, only);
            }
        }
        GraphError::StillThere { there, .. } => revisions.retain(|it| it.path != *there),
        GraphError::ReplacedTwice { id, file, .. } => {
            for revision in revisions.iter_mut().filter(|it| it.path == *file) {
                revision.header.replaces.retain(|it| it.value != *id);
            }
        }
        GraphError::Label { label, file, .. } => {
            for revision in revisions.iter_mut().filter(|it| it.path == *file) {
                revision.header.labels.retain(|it| it.value != *label);
            }
        }
    }
}
