//! Files into steps: everything that is about to run is parsed before anything runs.

use std::path::PathBuf;

use cutover_core::plan::{self, Direction, PlanError, Step};
use cutover_core::revision::graph::Index;
use cutover_core::revision::{Revision, RevisionError};
use cutover_core::rollout::gate::Gate;
use cutover_sql::checksum;

use crate::history::History;
use crate::ledger::write::Entry;

/// A revision that is ready to run.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its place in the graph.
    pub index: Index,
    /// Its steps in the direction that was asked for.
    pub steps: Vec<Step>,
    /// What must hold before it may run: gates are for the way up.
    pub gates: Vec<Gate>,
    /// Checksum of its normal form.
    pub checksum: String,
    /// SHA-256 of its bytes, in hex.
    pub content_hash: String,
    /// Lock timeout that its header asks for, in milliseconds.
    pub lock_timeout_ms: Option<u64>,
    /// Statement timeout that its header asks for, in milliseconds.
    pub statement_timeout_ms: Option<u64>,
}

/// Why a file cannot become steps.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The text does not follow the format or the grammar.
    #[error("{source}")]
    Revision {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<RevisionError>,
    },
    /// The statements cannot be run as steps.
    #[error("{source}")]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PlanError,
    },
}

/// Parses the revisions at `indices` in their order.
///
/// # Errors
/// The first file that cannot become steps.
pub fn prepare(
    history: &History,
    indices: &[Index],
    direction: Direction,
) -> Result<Vec<Prepared>, PrepareError> {
    indices.iter().map(|index| one(history.revision(*index), *index, direction)).collect()
}

fn one(revision: &Revision, index: Index, direction: Direction) -> Result<Prepared, PrepareError> {
    let document = revision
        .document()
        .map_err(|source| PrepareError::Revision { path: revision.path.clone(), source })?;
    let steps = plan::steps(&revision.text, &document, direction)
        .map_err(|source| PrepareError::Plan { path: revision.path.clone(), source })?;
    let millis = |d: std::time::Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
    Ok(Prepared {
        index,
        steps,
        gates: match direction {
            Direction::Upgrade => revision.gates.clone(),
            Direction::Downgrade => Vec::new(),
        },
        checksum: checksum::normal(&revision.text),
        content_hash: revision.content_hash.clone(),
        lock_timeout_ms: revision.header.lock_timeout.as_ref().map(|t| millis(t.value)),
        statement_timeout_ms: revision.header.statement_timeout.as_ref().map(|t| millis(t.value)),
    })
}

/// What the ledger keeps of a prepared revision.
pub fn entry_of<'a>(history: &'a History, prepared: &'a Prepared) -> Entry<'a> {
    let node = history.graph().node(prepared.index);
    Entry {
        id: &node.id,
        message: &node.message,
        checksum: &prepared.checksum,
        content_hash: &prepared.content_hash,
    }
}
