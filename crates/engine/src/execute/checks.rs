//! What must be right between the files and the ledger before anything runs.

use std::collections::BTreeSet;

use cutover_core::plan::{Direction, is_tolerant};
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Applied;

use super::adopt::inside;
use super::error::ExecuteError;
use super::prepare::{PrepareError, Prepared, prepare};
use crate::history::History;
use crate::ledger::read::{OpenStep, State};

/// The applied revisions as places in the graph.
///
/// # Errors
/// When the database has revisions that the files do not, or only some of what another one replaces.
pub fn applied_set(history: &History, state: &State) -> Result<Applied, ExecuteError> {
    let (known, foreign): (Vec<_>, Vec<_>) =
        state.applied.keys().map(|id| (id, history.graph().find(id))).partition(|(_, i)| i.is_some());
    if let Some(error) = inside(history, state) {
        return Err(error);
    }
    if foreign.is_empty() {
        Ok(known.into_iter().filter_map(|(_, i)| i).collect())
    } else {
        Err(ExecuteError::Foreign { ids: foreign.into_iter().map(|(id, _)| id.clone()).collect() })
    }
}

/// Applied revisions whose file was edited since: another checksum of the normal form.
pub fn edited(history: &History, state: &State) -> Vec<Index> {
    use cutover_sql::checksum;
    (0..history.graph().len())
        .filter(|index| {
            let revision = history.revision(*index);
            state.applied.get(history.graph().id(*index)).is_some_and(|applied| {
                // the bytes are cheap to compare; only a changed file is read closely
                applied.content_hash != revision.content_hash
                    && applied.checksum != checksum::normal(&revision.text)
            })
        })
        .collect()
}

/// Refuses a history with edited files.
///
/// # Errors
/// [`ExecuteError::Edited`] with their ids.
pub fn check_unedited(history: &History, state: &State) -> Result<(), ExecuteError> {
    let ids: Vec<String> =
        edited(history, state).into_iter().map(|i| history.graph().id(i).to_owned()).collect();
    if ids.is_empty() { Ok(()) } else { Err(ExecuteError::Edited { ids }) }
}

/// Refuses revisions that cannot be undone.
///
/// # Errors
/// [`ExecuteError::Irreversible`] for the first.
pub fn check_reversible(history: &History, indices: &[Index]) -> Result<(), ExecuteError> {
    for index in indices {
        let header = &history.revision(*index).header;
        if let Some(why) = &header.irreversible {
            let id = history.graph().id(*index).to_owned();
            return Err(ExecuteError::Irreversible { id, why: why.value.clone() });
        }
    }
    Ok(())
}

/// The revisions that are half done, each with its first journalled step.
pub fn half_done<'s>(history: &History, state: &'s State) -> Vec<(Index, &'s OpenStep)> {
    let mut seen = BTreeSet::new();
    state
        .open
        .iter()
        .filter_map(|step| history.graph().find(&step.revision).map(|index| (index, step)))
        .filter(|(index, _)| seen.insert(*index))
        .collect()
}

/// Revisions that are not applied, and whose downgrade can run all the same: it was begun already, or it may run over an
/// upgrade that stopped half way.
///
/// # Errors
/// When the file of one cannot become steps.
pub fn undoable_halves(history: &History, state: &State) -> Result<Vec<Index>, PrepareError> {
    let mut found = Vec::new();
    for (index, open) in half_done(history, state) {
        let revision = history.revision(index);
        if state.applied.contains_key(revision.id()) || revision.header.irreversible.is_some() {
            continue;
        }
        let is_begun = open.direction == Direction::Downgrade.as_str();
        if is_begun {
            found.push(index);
            continue;
        }
        let prepared = prepare(history, &[index], Direction::Downgrade)?;
        // an empty downgrade bears everything and undoes nothing
        let has_changed = |step: &&OpenStep| !matches!(step.kind.as_str(), "guard" | "deploy" | "backfill");
        let mut of = state.open.iter().filter(|step| step.revision == revision.id());
        let undoes = prepared[0].steps.iter().any(|step| !step.statements.is_empty());
        let is_enough = undoes || of.find(has_changed).is_none();
        if is_enough && is_tolerant(&revision.text, &prepared[0].steps) {
            found.push(index);
        }
    }
    Ok(found)
}

/// The refusal to go past a revision that is half done.
pub fn half_done_error(history: &History, state: &State, index: Index) -> ExecuteError {
    let id = history.graph().id(index).to_owned();
    let of: Vec<_> = state.open.iter().filter(|s| s.revision == id).collect();
    let direction = match of.first().map(|s| s.direction.as_str()) {
        Some("downgrade") => Direction::Downgrade,
        _ => Direction::Upgrade,
    };
    ExecuteError::HalfDone {
        done: of.iter().filter(|s| s.done).count() as u32,
        steps: of.first().map_or(0, |s| s.steps),
        id,
        direction,
    }
}

/// A step that is done must still be the step that stands in the file.
///
/// # Errors
/// [`ExecuteError::DoneStepEdited`].
pub fn check_done_steps(
    history: &History,
    state: &State,
    prepared: &[Prepared],
    direction: Direction,
) -> Result<(), ExecuteError> {
    for one in prepared {
        let revision = history.revision(one.index);
        let way = direction.as_str();
        let done = |s: &&OpenStep| s.revision == revision.id() && s.done && s.direction == way;
        for open in state.open.iter().filter(done) {
            let step = one.steps.get(open.ordinal as usize - 1);
            if step.is_none_or(|s| s.checksum != open.checksum) {
                return Err(ExecuteError::DoneStepEdited {
                    id: revision.id().to_owned(),
                    ordinal: open.ordinal,
                    path: revision.path.clone(),
                });
            }
        }
    }
    Ok(())
}
