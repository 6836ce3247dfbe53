//! What is to be run, which revisions that means on a database in its state, and what a run did.

use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target;

use super::checks::{
    applied_set, check_reversible, check_unedited, half_done, half_done_error, undoable_halves,
};
use super::error::ExecuteError;
use super::waiting::{Gates, Waiting};
use crate::history::History;
use crate::ledger::read::{OpenStep, State};
use crate::session::Settings;

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The revisions.
    pub history: &'a History,
    /// Which way.
    pub direction: Direction,
    /// Where to.
    pub target: &'a Target,
    /// Who runs it: a person at a machine.
    pub by: &'a str,
    /// Settings of the session.
    pub settings: &'a Settings,
    /// `DATABASE_URL` for external commands.
    pub url: &'a str,
    /// These revisions in this order, whatever the target says: tests go up and down one at a time.
    pub exactly: Option<&'a [Index]>,
    /// How gates and deploys are taken.
    pub gates: Gates,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The revisions that ran, in order.
    pub ran: Vec<Index>,
    /// The revisions that wait for a gate or a deploy, in order.
    pub waiting: Vec<Waiting>,
}

impl Request<'_> {
    /// The revisions that would run on a database in this state, in order.
    ///
    /// # Errors
    /// When the target means nothing, the database has revisions that the files do not, applied
    /// files were edited, a revision is half done the other way, or one cannot be undone.
    pub fn pending(&self, state: &State) -> Result<Vec<Index>, ExecuteError> {
        let mut applied = applied_set(self.history, state)?;
        let half = half_done(self.history, state);
        let graph = self.history.graph();
        let indices = match self.direction {
            Direction::Upgrade => {
                check_unedited(self.history, state)?;
                match self.exactly {
                    Some(indices) => indices.to_vec(),
                    None => self.target.upgrade(graph, &applied)?,
                }
            }
            Direction::Downgrade => {
                let undoable = undoable_halves(self.history, state)?;
                let stuck: Vec<Index> = half
                    .iter()
                    .filter(|(i, open)| !undoable.contains(i) && open.direction != self.direction.as_str())
                    .map(|(i, _)| *i)
                    .collect();
                applied.extend(half.iter().map(|(index, _)| *index));
                let indices = match self.exactly {
                    Some(indices) => indices.to_vec(),
                    None => self.target.downgrade(graph, &applied)?,
                };
                if let Some(stuck) = stuck.into_iter().find(|stuck| indices.contains(stuck)) {
                    return Err(half_done_error(self.history, state, stuck));
                }
                check_reversible(self.history, &indices)?;
                indices
            }
        };
        if self.direction == Direction::Upgrade && !indices.is_empty() {
            let other_way = |open: &OpenStep| open.direction != self.direction.as_str();
            if let Some((index, _)) = half.into_iter().find(|(_, open)| other_way(open)) {
                return Err(half_done_error(self.history, state, index));
            }
        }
        Ok(indices)
    }
}
