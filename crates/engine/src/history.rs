//! The revisions of a project, read from its folder.

use std::path::{Path, PathBuf};

use cutover_core::revision::graph::Index;
use cutover_core::revision::{Graph, GraphError, Revision, RevisionError};
use cutover_core::rollout::order::{self, Member, OrderError};
use cutover_sql::utf8::{self, NotUtf8};

/// All revision files of a project and their graph.
#[derive(Debug, Clone)]
pub struct History {
    folder: PathBuf,
    revisions: Vec<Revision>,
    graph: Graph,
}

/// Why a folder of revisions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder cannot be read.
    #[error("the folder {} cannot be read: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file is not UTF-8.
    #[error("{} is not UTF-8: {error}", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Where.
        error: NotUtf8,
    },
    /// Files whose headers are wrong.
    #[error("{} of the revision files cannot be used", problems.len())]
    Revisions {
        /// Each file with its text and what is wrong.
        problems: Vec<Problem>,
    },
    /// Revisions that do not fit together.
    #[error("the revisions do not fit together")]
    Graph {
        /// What is wrong.
        errors: Vec<GraphError>,
    },
}

/// A revision file that cannot be used.
#[derive(Debug)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What is wrong.
    pub error: Box<RevisionError>,
}

impl History {
    /// Reads all `*.sql` files of a folder; files and folders whose names begin with `.` or `_`
    /// are left alone.
    ///
    /// # Errors
    /// Every unreadable or wrong file, or everything that does not fit together.
    pub fn read(folder: &Path) -> Result<Self, HistoryError> {
        let mut revisions = Vec::new();
        let mut problems = Vec::new();
        for outcome in read_all(&files(folder)?) {
            match outcome? {
                Ok(revision) => revisions.push(revision),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(HistoryError::Revisions { problems });
        }
        Self::join(folder.to_owned(), revisions)
    }

    /// Of files that are read already.
    ///
    /// # Errors
    /// What does not fit together, or a rollout whose revisions stand in an order that loses something.
    pub(crate) fn join(folder: PathBuf, revisions: Vec<Revision>) -> Result<Self, HistoryError> {
        let graph = Graph::build(revisions.iter().map(Revision::node).collect())
            .map_err(|errors| HistoryError::Graph { errors })?;
        let mut slots: Vec<Option<Revision>> = vec![None; graph.len()];
        for revision in revisions {
            if let Some(index) = graph.find(revision.id()) {
                slots[index] = Some(revision);
            }
        }
        let history = Self { folder, revisions: slots.into_iter().flatten().collect(), graph };
        let problems = history.misordered();
        if problems.is_empty() { Ok(history) } else { Err(HistoryError::Revisions { problems }) }
    }

    /// With files that are not written yet.
    ///
    /// # Errors
    /// As [`History::read`].
    pub fn with(&self, files: impl IntoIterator<Item = (PathBuf, String)>) -> Result<Self, HistoryError> {
        let mut revisions = self.revisions.clone();
        let mut problems = Vec::new();
        for (path, text) in files {
            match Revision::read(path.clone(), text) {
                Ok(revision) => revisions.push(revision),
                Err((text, error)) => problems.push(Problem { path, text, error }),
            }
        }
        if problems.is_empty() {
            Self::join(self.folder.clone(), revisions)
        } else {
            Err(HistoryError::Revisions { problems })
        }
    }

    /// With some revisions replaced by files that are not written yet.
    ///
    /// # Errors
    /// As [`History::read`].
    pub fn without(
        &self,
        gone: &[Index],
        files: impl IntoIterator<Item = (PathBuf, String)>,
    ) -> Result<Self, HistoryError> {
        let left = self.revisions.iter().enumerate().filter(|(index, _)| !gone.contains(index));
        let left: Vec<Revision> = left.map(|(_, revision)| revision.clone()).collect();
        Self { folder: self.folder.clone(), revisions: left, graph: Graph::default() }.with(files)
    }

    /// The revisions of rollouts that stand in an order that loses something.
    fn misordered(&self) -> Vec<Problem> {
        let member = |(index, revision): (Index, &'_ Revision)| -> Option<Member<'_>> {
            let part = self.revisions[index].rollout.as_ref()?;
            let is_gated = !revision.gates.is_empty();
            Some(Member { index, rollout: &part.name, phase: part.phase, is_gated })
        };
        let members: Vec<Member<'_>> = self.revisions.iter().enumerate().filter_map(member).collect();
        let problem = |(index, error): (Index, OrderError)| {
            let revision = &self.revisions[index];
            let span = revision.header.rollout.as_ref().map(|r| r.span).unwrap_or_default();
            let error = Box::new(RevisionError::Order { error, span });
            Problem { path: revision.path.clone(), text: revision.text.clone(), error }
        };
        order::check(&self.graph, &members).into_iter().map(problem).collect()
    }

    /// The folder that was read.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How the revisions are joined.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The file of a revision.
    pub fn revision(&self, index: Index) -> &Revision {
        &self.revisions[index]
    }

    /// All files, in running order.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }
}

type Outcome = Result<Result<Revision, Problem>, HistoryError>;

/// Reads files on a few threads: a thousand small files cost more in waiting than in work.
fn read_all(paths: &[PathBuf]) -> Vec<Outcome> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 4);
    let share = paths.len().div_ceil(threads).max(64);
    let read_share = |paths: &[PathBuf]| paths.iter().map(|path| read_one(path)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let mut shares = paths.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|share| scope.spawn(move || read_share(share))).collect();
        let mut all = read_share(first);
        for other in others {
            match other.join() {
                Ok(outcomes) => all.extend(outcomes),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

fn read_one(path: &Path) -> Outcome {
    let text = text(path)?;
    Ok(Revision::read(path.to_owned(), text).map_err(|(text, error)| Problem {
        path: path.to_owned(),
        text,
        error,
    }))
}

/// The files that carry revisions.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, HistoryError> {
    let failed = |source| HistoryError::Folder { folder: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".sql") && !name.starts_with(['.', '_']) {
            names.push(name.into_owned());
        }
    }
    names.sort_unstable();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String, HistoryError> {
    let bytes = std::fs::read(path).map_err(|source| HistoryError::File { path: path.to_owned(), source })?;
    utf8::text(bytes).map_err(|error| HistoryError::NotUtf8 { path: path.to_owned(), error })
}
