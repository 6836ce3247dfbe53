//! Where the rollouts of a project stand on one database.

use std::collections::BTreeSet;

use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;

use crate::execute::{Cause, ExecuteError, prepare, waits_for};
use crate::history::History;
use crate::ledger::State;
use crate::session::Session;

/// Where a revision of a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is applied.
    Applied {
        /// When, as ISO 8601 in UTC.
        at: String,
        /// By whom.
        by: String,
    },
    /// It was begun, and the next run goes on with it.
    HalfDone {
        /// Steps that are done.
        done: usize,
        /// Steps that it has.
        of: usize,
        /// What the next step waits for, if anything.
        causes: Vec<Cause>,
    },
    /// Its turn has come, and it waits for gates or a deploy.
    Waiting {
        /// What for.
        causes: Vec<Cause>,
    },
    /// Its turn has come, and the next run runs it.
    Ready,
    /// Others come first.
    Behind {
        /// The ones that are next to run among them.
        of: Vec<Index>,
    },
}

/// One revision of a rollout.
#[derive(Clone, Debug)]
pub struct Place {
    /// The revision.
    pub index: Index,
    /// Where it stands.
    pub standing: Standing,
}

/// One rollout.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Its name.
    pub name: String,
    /// Its revisions, in running order.
    pub places: Vec<Place>,
}

impl Progress {
    /// Whether all of it is applied.
    pub fn is_complete(&self) -> bool {
        self.places.iter().all(|place| matches!(place.standing, Standing::Applied { .. }))
    }
}

/// Where the rollouts stand, or one of them: each gate whose turn has come is looked at now.
///
/// # Errors
/// When the database cannot be asked, or a file that is next cannot be read.
pub async fn progress(
    history: &History,
    state: &State,
    session: &Session,
    only: Option<&str>,
) -> Result<Vec<Progress>, ExecuteError> {
    let mut found = Vec::new();
    for (name, members) in history.graph().rollouts() {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let mut places = Vec::new();
        for index in members {
            places.push(Place { index: *index, standing: standing(history, state, session, *index).await? });
        }
        found.push(Progress { name: name.clone(), places });
    }
    Ok(found)
}

async fn standing(
    history: &History,
    state: &State,
    session: &Session,
    index: Index,
) -> Result<Standing, ExecuteError> {
    let graph = history.graph();
    let is_applied = |i: &Index| state.applied.get(graph.id(*i));
    if let Some(applied) = is_applied(&index) {
        return Ok(Standing::Applied { at: applied.applied_at.clone(), by: applied.applied_by.clone() });
    }
    let open: BTreeSet<Index> =
        graph.needs([index]).into_iter().filter(|i| *i != index && is_applied(i).is_none()).collect();
    if !open.is_empty() {
        let is_next = |i: &Index| graph.needs([*i]).iter().all(|n| n == i || !open.contains(n));
        return Ok(Standing::Behind { of: open.iter().copied().filter(is_next).collect() });
    }
    let prepared = prepare(history, &[index], Direction::Upgrade)?;
    let causes = waits_for(history, state, session, &prepared[0]).await?;
    let steps: Vec<_> = state.open.iter().filter(|step| step.revision == graph.id(index)).collect();
    Ok(match (&steps[..], causes.is_empty()) {
        ([], true) => Standing::Ready,
        ([], false) => Standing::Waiting { causes },
        ([first, ..], _) => Standing::HalfDone {
            done: steps.iter().filter(|step| step.done).count(),
            of: first.steps as usize,
            causes,
        },
    })
}
