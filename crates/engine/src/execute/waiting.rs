//! What a revision waits for: its gates, and deploys that nobody has acknowledged.
//!
//! A run does not fail at one. It leaves the revision, and what needs it, for the next run.

use std::collections::HashSet;

use cutover_core::plan::{Direction, Step, StepKind};
use cutover_core::revision::graph::Index;
use cutover_core::rollout::gate::Gate;

use super::prepare::Prepared;
use crate::gate::{self, Verdict};
use crate::history::History;
use crate::ledger::State;
use crate::ledger::acknowledgement::{self, GATES, Given};
use crate::session::{Session, SessionError};

/// How gates and deploys are taken.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Gates {
    /// They are waited for.
    #[default]
    Obeyed,
    /// They are passed by: the database is a scratch one, with nobody to wait for.
    Ignored,
}

/// What a revision waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A gate that is closed.
    Gate {
        /// The gate.
        gate: Gate,
        /// What was found out.
        verdict: Verdict,
    },
    /// Other code that must be deployed.
    Deploy {
        /// Which way it is waited for.
        direction: Direction,
        /// Its step, from 1.
        ordinal: u32,
        /// Which, in words.
        text: String,
        /// The gate that would be evidence, and what was found out.
        when: Option<(Gate, Verdict)>,
    },
}

/// A revision that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The revision.
    pub index: Index,
    /// What for: all closed gates, or one deploy.
    pub causes: Vec<Cause>,
    /// Revisions of the same run that wait behind it.
    pub behind: Vec<Index>,
}

/// The gates of a revision that are closed now, unless somebody passed over them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn closed_gates(session: &Session, id: &str, gates: &[Gate]) -> Result<Vec<Cause>, SessionError> {
    let mut closed = Vec::new();
    if gates.is_empty() || said(session, id, Direction::Upgrade, GATES).await?.is_some() {
        return Ok(closed);
    }
    for gate in gates {
        let verdict = gate::evaluate(gate, session).await.map_err(|error| match error {
            SessionError::Gate { gate, message } => {
                SessionError::Gate { gate, message: format!("{message} (revision {id})") }
            }
            other => other,
        })?;
        if !verdict.open {
            closed.push(Cause::Gate { gate: gate.clone(), verdict });
        }
    }
    Ok(closed)
}

/// What a revision waits for that could run now but for that: its gates, or its next deploy.
///
/// # Errors
/// When the database cannot be asked.
pub async fn waits_for(
    history: &History,
    state: &State,
    session: &Session,
    one: &Prepared,
) -> Result<Vec<Cause>, SessionError> {
    let id = history.graph().id(one.index);
    let journal: Vec<_> = state.open.iter().filter(|step| step.revision == id).collect();
    if journal.is_empty() {
        let closed = closed_gates(session, id, &one.gates).await?;
        if !closed.is_empty() {
            return Ok(closed);
        }
    }
    let is_done = |step: &&Step| journal.iter().any(|j| j.done && j.ordinal == step.ordinal);
    match one.steps.iter().find(|step| !is_done(step)) {
        Some(next) => Ok(deploy(session, id, Direction::Upgrade, next).await?.into_iter().collect()),
        None => Ok(Vec::new()),
    }
}

/// What was said of a step.
async fn said(
    session: &Session,
    id: &str,
    direction: Direction,
    ordinal: u32,
) -> Result<Option<Given>, SessionError> {
    let given = acknowledgement::all(session.client(), Some(id)).await?;
    Ok(given.into_iter().find(|g| g.open && g.direction == direction.as_str() && g.ordinal == ordinal))
}

/// Whether a deploy is done, by word or by evidence: `None` when it is, what is waited for when it is not.
///
/// # Errors
/// When the database cannot be asked.
pub async fn deploy(
    session: &Session,
    id: &str,
    direction: Direction,
    step: &Step,
) -> Result<Option<Cause>, SessionError> {
    let StepKind::Deploy { text, when } = &step.kind else { return Ok(None) };
    if said(session, id, direction, step.ordinal).await?.is_some() {
        return Ok(None);
    }
    let when = match when {
        Some(gate) => {
            let verdict = gate::evaluate(gate, session).await?;
            if verdict.open {
                return Ok(None);
            }
            Some((gate.clone(), verdict))
        }
        None => None,
    };
    Ok(Some(Cause::Deploy { direction, ordinal: step.ordinal, text: text.clone(), when }))
}

/// The revisions of a run that cannot run before `index` has: upwards what needs it, downwards what it needs.
pub fn behind(
    history: &History,
    prepared: &[Prepared],
    index: Index,
    direction: Direction,
) -> HashSet<Index> {
    let graph = history.graph();
    let held = match direction {
        Direction::Upgrade => graph.needed_by([index]),
        Direction::Downgrade => graph.needs([index]),
    };
    prepared.iter().map(|one| one.index).filter(|other| *other != index && held.contains(other)).collect()
}
