//! The proof: the revisions that were written are replayed from nothing by the executor that runs revisions everywhere,
//! and what they lead to is compared with the live database.

use cutover_core::diff::{self, Change};
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;

use super::{Live, options};
use crate::history::History;
use crate::schema::trial::{self, Verdict};
use crate::schema::{SchemaError, Workshop, replay};
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

/// Replays a history's revisions in this order, of which the first `live_count` stand for the live database.
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
    let bench = workshop.bench(None).await?;
    let mut proof = Proof::default();
    let indices: Vec<Index> = chain.iter().filter_map(|id| history.graph().find(id)).collect();
    for (at, index) in indices.iter().enumerate() {
        if let Some(live) = live.filter(|_| at == live_count) {
            compare(&bench.catalog().await?, live, around, &mut proof);
        }
        if let Err(error) =
            replay::exactly(history, Direction::Upgrade, &[*index], around.settings, &bench.session).await
        {
            proof.failed = Some((history.graph().id(*index).to_owned(), error.to_string()));
            return Ok(proof);
        }
        proof.ran += 1;
    }
    if let Some(live) = live.filter(|_| live_count >= indices.len()) {
        compare(&bench.catalog().await?, live, around, &mut proof);
    }
    both_ways(history, &indices, around.settings, &workshop, &mut proof).await?;
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

/// Takes each revision up, down and up again. One that does not come back spoils the database, so it is made anew.
async fn both_ways(
    history: &History,
    indices: &[Index],
    settings: &Settings,
    workshop: &Workshop,
    proof: &mut Proof,
) -> Result<(), SchemaError> {
    let mut bench = workshop.bench(None).await?;
    for (at, index) in indices.iter().enumerate() {
        let id = history.graph().id(*index).to_owned();
        match trial::revision(history, *index, settings, &bench).await {
            Ok(Verdict::Passed | Verdict::Irreversible(_)) => continue,
            Ok(Verdict::Failed(faults)) => {
                let changes = faults.iter().flat_map(|fault| fault.changes.clone()).collect();
                let rows = faults.iter().flat_map(|fault| &fault.rows);
                let rows = rows.map(|(table, was, is)| format!("{table}: {was} rows, and {is} afterwards"));
                proof.one_way.push((id, changes, rows.collect()));
            }
            Err(error) => proof.one_way.push((id, Vec::new(), vec![error.to_string()])),
        }
        bench = workshop.bench(None).await?;
        replay::exactly(history, Direction::Upgrade, &indices[..=at], settings, &bench.session).await?;
    }
    Ok(())
}
