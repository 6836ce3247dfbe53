//! Why a run stopped, with everything a person needs to go on.

use std::path::PathBuf;

use cutover_core::plan::Direction;
use cutover_core::revision::target::TargetError;
use tokio_postgres::error::ErrorPosition;

use super::PrepareError;
use crate::event::{Blocker, Holder};
use crate::session::SessionError;

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The database cannot be used.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The target means nothing here.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A file cannot become steps.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Another run holds the lock.
    #[error("another run of Cutover is at work on this database")]
    Locked {
        /// Who.
        holder: Option<Holder>,
        /// How long we waited, in milliseconds.
        waited_ms: u64,
    },
    /// A step failed.
    #[error(transparent)]
    Step(Box<StepFailure>),
    /// A revision is half done in a way that this command cannot go on from.
    #[error("revision {id} is half done: its {} was interrupted after {done} of {steps} steps", direction.as_str())]
    HalfDone {
        /// The revision.
        id: String,
        /// The direction that was interrupted.
        direction: Direction,
        /// Steps that are done.
        done: u32,
        /// Steps that it had.
        steps: u32,
    },
    /// A step that is already done was edited in the file.
    #[error("step {ordinal} of revision {id} is already done, and the file was edited there since")]
    DoneStepEdited {
        /// The revision.
        id: String,
        /// The step.
        ordinal: u32,
        /// The file.
        path: PathBuf,
    },
    /// The database has revisions that the project does not.
    #[error("the database has {} that {} not among the files: {}", plural(ids.len()), if ids.len() == 1 { "is" } else { "are" }, ids.join(", "))]
    Foreign {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The database is in the middle of what a revision replaces.
    #[error("revision {id} replaces others, and the database has some of them and lacks {}", some(missing))]
    Inside {
        /// The revision.
        id: String,
        /// The last of what it replaces.
        last: String,
        /// Ids that the database has.
        applied: Vec<String>,
        /// Ids that it lacks.
        missing: Vec<String>,
    },
    /// Files of applied revisions were edited.
    #[error("{} after {} applied: {}", edited(ids.len()), if ids.len() == 1 { "it was" } else { "they were" }, ids.join(", "))]
    Edited {
        /// Their ids.
        ids: Vec<String>,
    },
    /// A revision cannot be undone.
    #[error("revision {id} is irreversible: {why}")]
    Irreversible {
        /// The revision.
        id: String,
        /// The reason in its file.
        why: String,
    },
}

fn plural(count: usize) -> String {
    if count == 1 { "a revision".into() } else { format!("{count} revisions") }
}

/// The first few, and how many follow.
fn some(ids: &[String]) -> String {
    match ids.len() {
        0..=8 => ids.join(", "),
        many => format!("{} and {} more, up to {}", ids[..6].join(", "), many - 7, ids[many - 1]),
    }
}

fn edited(count: usize) -> String {
    if count == 1 { "a file was edited".into() } else { format!("{count} files were edited") }
}

/// What a failing run had done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Revisions that are done and recorded.
    pub revisions_done: Vec<String>,
    /// Steps of the failing revision that are done.
    pub steps_done: u32,
    /// Steps that the failing revision has.
    pub steps: u32,
}

/// A failed step and where it happened.
#[derive(Debug, thiserror::Error)]
#[error("revision {id}, step {ordinal} of {}: {error}", progress.steps)]
pub struct StepFailure {
    /// The revision.
    pub id: String,
    /// Which section.
    pub direction: Direction,
    /// The file.
    pub path: PathBuf,
    /// The step, from 1.
    pub ordinal: u32,
    /// Byte offset in the file that is to blame, when it is known.
    pub offset: Option<usize>,
    /// Whether the step left nothing behind.
    pub rolled_back: bool,
    /// Whether it is a backfill: batches that were committed stay.
    pub is_backfill: bool,
    /// What had been done before.
    pub progress: Progress,
    /// What went wrong.
    pub error: StepError,
}

/// What can go wrong in a step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The server refused a statement.
    #[error("{0}")]
    Server(ServerError),
    /// The connection broke.
    #[error("the connection to the server was lost: {message}")]
    Lost {
        /// The driver's words.
        message: String,
        /// Whether the step may have been committed all the same.
        in_doubt: bool,
    },
    /// The locks could not be had.
    #[error("the locks could not be had in {tries} tries within {} s", waited_ms / 1000)]
    Locks {
        /// How many tries.
        tries: u32,
        /// For how long, in milliseconds.
        waited_ms: u64,
        /// The last error.
        last: ServerError,
        /// Who stood in the way last.
        blockers: Vec<Blocker>,
    },
    /// A guard did not hold.
    #[error("the guard \"{text}\" does not hold: expected {expected}, found {found}")]
    Guard {
        /// What must hold.
        text: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// An external command failed.
    #[error("the command \"{command}\" {how}")]
    Command {
        /// The command line.
        command: String,
        /// How it ended.
        how: String,
    },
    /// The table or the key of a backfill.
    #[error(transparent)]
    Backfill(#[from] crate::backfill::BackfillError),
    /// Something else stands where a step wants to build, and is not ours to remove.
    #[error("{0}")]
    InTheWay(String),
    /// The session is not ours any more.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// An error that the server reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL`, ...
    pub severity: String,
    /// SQLSTATE.
    pub code: String,
    /// Primary message.
    pub message: String,
    /// Detail, if any.
    pub detail: Option<String>,
    /// Hint, if any.
    pub hint: Option<String>,
    /// Context, such as the lines of a function.
    pub context: Option<String>,
    /// 1-based position in characters in the text that was sent.
    pub position: Option<u32>,
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl ServerError {
    /// Takes the server's error out of the driver's, if there is one.
    pub fn from_driver(error: &tokio_postgres::Error) -> Option<Self> {
        let db = error.as_db_error()?;
        let (position, internal) = match db.position() {
            Some(ErrorPosition::Original(at)) => (Some(*at), None),
            Some(ErrorPosition::Internal { query, .. }) => (None, Some(query.clone())),
            None => (None, None),
        };
        let context = match (db.where_(), internal) {
            (Some(context), Some(query)) => Some(format!("{context}\nin the query: {query}")),
            (context, query) => context.map(str::to_owned).or(query),
        };
        Some(Self {
            severity: db.severity().to_owned(),
            code: db.code().code().to_owned(),
            message: db.message().to_owned(),
            detail: db.detail().map(str::to_owned),
            hint: db.hint().map(str::to_owned),
            context,
            position,
        })
    }

    /// Whether trying again later can help: no lock in time, a deadlock, a serialization failure.
    /// Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    pub fn is_contention(&self) -> bool {
        matches!(self.code.as_str(), "55P03" | "40P01" | "40001")
    }

    /// Whether the session is gone: `pg_terminate_backend`, a shutdown, a crash.
    pub fn is_fatal(&self) -> bool {
        self.severity == "FATAL" || self.severity == "PANIC"
    }
}

/// Tells a server's error from a broken connection.
pub fn classify(error: &tokio_postgres::Error) -> StepError {
    match ServerError::from_driver(error) {
        Some(server) if server.is_fatal() => StepError::Lost { message: server.message, in_doubt: false },
        Some(server) => StepError::Server(server),
        None => StepError::Lost { message: crate::session::message(error), in_doubt: true },
    }
}
