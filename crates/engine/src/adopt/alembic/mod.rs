//! Taking over a history from Alembic: the project's own Alembic runs every revision on a scratch server, what reaches the
//! server is written down, and what was written down is proven to do the same.
//!
//! [`project`] finds the project, [`host`] runs its Alembic, `proxy` is the only door to the scratch server and writes
//! every message into a [`journal`]; `sift` leaves out what is not the revision's, `write` makes a file of it, [`prove`]
//! replays it `beside` Alembic's own run (`side`), [`conclude`] says what cannot be carried over as text. [`live`] compares with a
//! database that exists. Nothing here writes to the user's database or files.

mod accepted;
mod aside;
mod beginning;
mod beside;
mod blocks;
pub mod charge;
mod conclude;
mod eye;
mod ground;
pub mod host;
mod inline;
pub mod journal;
mod listen;
pub mod live;
pub(crate) mod locations;
mod names;
mod prepare;
pub mod project;
pub mod prove;
mod proxy;
mod python;
mod said;
mod side;
mod sift;
mod walk;
mod wire;
mod write;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cutover_core::report::Conclusion;

use crate::history::{History, HistoryError};
use crate::schema::SchemaError;
use crate::server::Binaries;
use crate::session::{SessionError, Settings};

pub use blocks::Blocks;
pub use host::{HostError, Started, Surroundings};
pub use names::Names;
pub use project::{Project, ProjectError};
pub use prove::Proof;
pub use python::RUNNER;
pub use sift::VersionTable;
pub use walk::adopt;
pub use write::Back;

/// Why a history cannot be taken over at all.
#[derive(Debug, thiserror::Error)]
pub enum AlembicError {
    /// No project.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The project's Alembic.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The scratch servers.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A query of ours.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The door to the scratch server.
    #[error("the scratch server cannot be reached: {0}")]
    Door(std::io::Error),
    /// The project connects to something else.
    #[error("{project} ran revision {id}, and nothing of it came to the scratch server")]
    Elsewhere {
        /// The configuration.
        project: String,
        /// The revision.
        id: String,
        /// What the project printed.
        printed: String,
    },
    /// What was written is no history.
    #[error("the revisions that were written do not fit together: {0}")]
    History(#[from] Box<HistoryError>),
    /// A file of ours.
    #[error("a temporary file cannot be written: {0}")]
    File(std::io::Error),
    /// Something was said of revisions that are not there.
    #[error("{project} has no {}", if ids.len() == 1 { format!("revision {}", ids.join("")) } else { format!("revisions {}", ids.join(", ")) })]
    Unknown {
        /// The configuration.
        project: String,
        /// What was said.
        ids: Vec<String>,
    },
    /// There are no revisions.
    #[error("{project} has no revisions")]
    Empty {
        /// The configuration.
        project: String,
    },
}

/// What to take over, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project.
    pub project: Project,
    /// What its `env.py` needs.
    pub around: Surroundings,
    /// PostgreSQL's programs.
    pub binaries: Binaries,
    /// The name that the scratch database bears; none for the one in `alembic.ini`.
    pub database: Option<String>,
    /// Alembic's ids of revisions that are not run.
    pub skip: BTreeSet<String>,
    /// Alembic's ids of revisions whose Python goes on running, as a step of the revision.
    pub run: BTreeSet<String>,
    /// What the written revisions are replayed under.
    pub settings: Settings,
}

/// One revision, taken over.
#[derive(Clone, Debug)]
pub struct Revised {
    /// Its id here.
    pub id: String,
    /// Its id in Alembic.
    pub old: String,
    /// What a person calls it.
    pub message: String,
    /// The name of its file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Its file in Alembic's project.
    pub source: PathBuf,
    /// Its Python, where that says more than the text.
    pub python: Option<PathBuf>,
    /// Whether it is that Python that runs, and not the statements that were recorded of it.
    pub is_run: bool,
    /// How many statements there are on the way up.
    pub up: usize,
    /// How many on the way back; none where there is none.
    pub down: Option<usize>,
    /// Whether the replay does the same.
    pub proof: Proof,
    /// Whether Alembic itself could not run it.
    pub is_broken: bool,
    /// Milliseconds that Alembic took for it, up.
    pub millis: f64,
}

/// A history, taken over. Nothing is written yet.
#[derive(Debug)]
pub struct Adopted {
    /// The project, as it says itself.
    pub started: Started,
    /// The revisions, parents first.
    pub revisions: Vec<Revised>,
    /// What was found, the worst first.
    pub conclusions: Vec<Conclusion>,
    /// Alembic's table.
    pub version: VersionTable,
    /// Alembic's ids and those here.
    pub names: Names,
    /// The search path that `env.py` sets, where it is another than the one that was given.
    pub search_path: Option<String>,
    /// The history that the revisions make.
    pub history: History,
    /// Where its files are for as long as this is.
    pub(crate) _folder: tempfile::TempDir,
}
