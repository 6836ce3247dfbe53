//! The proof: the revisions that were written are replayed from nothing by the executor that runs revisions everywhere,
//! and what they lead to is compared with the live database.

use cutover_core::diff::{self, Change};
use cutover_core::plan::Direction;
use cutover_core::report::count;
use cutover_core::revision::graph::Index;

use super::{Live, options};
use crate::history::History;
use crate::schema::trial::{self, Fault, Moment, When};
use crate::schema::{Bench, SchemaError, Workshop, replay};
use crate::session::Settings;

/// What the replay of the revisions showed.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What differs between the live database and the revisions that stand for it; nothing without a live database.
    pub differences: Option<Vec<Change>>,
    /// Revisions that do not come back: their ids, with what is not as it was.
    pub one_way: Vec<(String, Vec<Change>, Vec<String>)>,
    /// The revision that failed, with the server's words.
    pub failed: Option<(String, String)>,
    /// How many revisions ran.
    pub ran: usize,
}

impl Proof {
    /// Whether everything ran and the live database is what the history says.
    pub fn holds(&self) -> bool {
        self.failed.is_none() && self.differences.as_ref().is_none_or(Vec::is_empty)
    }
}

/// Replays a history's revisions in this order, of which the first `live_count` stand for the live database. Each goes up,
/// down and up again.
///
/// # Errors
/// When there is no scratch server.
pub async fn prove(
    history: &History,
    chain: &[String],
    live_count: usize,
    live: Option<&Live>,
    around: &super::Surroundings<'_>,
) -> Result<Proof, SchemaError> {
    let major = live.map(|live| live.original.server / 10_000);
    let workshop = Workshop::new(major)?;
    let indices: Vec<Index> = chain.iter().filter_map(|id| history.graph().find(id)).collect();
    let bench = workshop.bench(None).await?;
    let before = trial::moment(&bench).await?;
    let mut walk = Walk { history, indices: &indices, settings: around.settings, workshop, bench, before };
    let mut proof = Proof::default();
    for (at, index) in indices.iter().enumerate() {
        if let Some(live) = live.filter(|_| at == live_count) {
            compare(&walk.before.catalog, live, around, &mut proof);
        }
        let id = || history.graph().id(*index).to_owned();
        if let Err(error) = walk.go(Direction::Upgrade, at).await {
            proof.failed = Some((id(), error.to_string()));
            return Ok(proof);
        }
        proof.ran += 1;
        if let Some((changes, rows)) = walk.there_and_back(at).await? {
            proof.one_way.push((id(), changes, rows));
        }
    }
    if let Some(live) = live.filter(|_| live_count >= indices.len()) {
        compare(&walk.before.catalog, live, around, &mut proof);
    }
    Ok(proof)
}

fn compare(
    here: &cutover_core::catalog::Catalog,
    live: &Live,
    around: &super::Surroundings<'_>,
    proof: &mut Proof,
) {
    let here = here.clone().without(around.ignore);
    proof.differences = Some(diff::changes(&here, &live.catalog, &options()));
}

/// A history on its way up.
struct Walk<'a> {
    history: &'a History,
    indices: &'a [Index],
    settings: &'a Settings,
    workshop: Workshop,
    bench: Bench,
    /// What is there with the revisions so far.
    before: Moment,
}

impl Walk<'_> {
    async fn go(&self, direction: Direction, at: usize) -> Result<(), SchemaError> {
        replay::exactly(self.history, direction, &[self.indices[at]], self.settings, &self.bench.session)
            .await
    }

    /// Takes a revision that is up down and up again, and says what is not as it was. One that does not come back spoils
    /// the database, so it is made anew.
    async fn there_and_back(&mut self, at: usize) -> Result<Option<(Vec<Change>, Vec<String>)>, SchemaError> {
        let after = trial::moment(&self.bench).await?;
        let header = &self.history.revision(self.indices[at]).header;
        let found = match header.irreversible {
            Some(_) => Ok(Vec::new()),
            None => self.faults(at, &after).await,
        };
        let told = match found {
            Ok(faults) if faults.is_empty() => {
                self.before = after;
                return Ok(None);
            }
            Ok(faults) => {
                let changes = faults.iter().flat_map(|fault| fault.changes.clone()).collect();
                let rows = faults.iter().flat_map(|fault| &fault.rows);
                let rows = rows
                    .map(|(table, was, is)| format!("{table}: {}, and {is} afterwards", count(*was, "row")));
                (changes, rows.collect())
            }
            Err(error) => (Vec::new(), vec![error.to_string()]),
        };
        self.bench = self.workshop.bench(None).await?;
        let done = &self.indices[..=at];
        replay::exactly(self.history, Direction::Upgrade, done, self.settings, &self.bench.session).await?;
        self.before = trial::moment(&self.bench).await?;
        Ok(Some(told))
    }

    async fn faults(&self, at: usize, after: &Moment) -> Result<Vec<Fault>, SchemaError> {
        self.go(Direction::Downgrade, at).await?;
        let down = trial::compare(&self.before, &trial::moment(&self.bench).await?, When::Down);
        self.go(Direction::Upgrade, at).await?;
        let again = trial::compare(after, &trial::moment(&self.bench).await?, When::UpAgain);
        let mut faults: Vec<Fault> = down.into_iter().chain(again).collect();
        if trial::keeps_rows(self.history, self.indices[at]) {
            faults.iter_mut().for_each(|fault| fault.rows.clear());
            faults.retain(|fault| !fault.changes.is_empty());
        }
        Ok(faults)
    }
}
