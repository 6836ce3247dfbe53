//! The proof: on a fresh copy of each source the file is run by the code that runs it everywhere else, and what is there
//! then has to be what is wanted.

use cutover_core::catalog::roles;
use cutover_core::diff::{self, Change};
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;

use super::back::before;
use super::{Around, Source, Wish, copy};
use crate::schema::{SchemaError, replay};

/// What differs at a source when the revision has run.
#[derive(Clone, Debug)]
pub struct Left {
    /// The source.
    pub name: String,
    /// Whether it is after the downgrade.
    pub is_down: bool,
    /// From what is wanted to what is there.
    pub changes: Vec<Change>,
}

/// Runs the revision on a copy of a source, and back where it is the history and there is a way.
///
/// # Errors
/// When a statement fails.
pub async fn prove(
    source: &Source,
    wanted: &Wish<'_>,
    index: Index,
    around: &Around<'_>,
) -> Result<Option<Left>, SchemaError> {
    let Around { history, settings, .. } = *around;
    let options = wanted.compared.options();
    let bench = copy(source, wanted, around).await?;
    bench.make_roles(&roles(&source.goal, &options)).await?;
    bench.apply(history, &[index], settings).await?;
    let found = wanted.alike(&bench.catalog().await?.without(wanted.ignore));
    let changes = diff::changes(&source.goal, &found, &options);
    if !changes.is_empty() {
        return Ok(Some(Left { name: source.name.clone(), is_down: false, changes }));
    }
    let is_reversible = history.revision(index).header.irreversible.is_none();
    if source.live.is_some() || !is_reversible {
        return Ok(None);
    }
    replay::exactly(history, Direction::Downgrade, &[index], settings, &bench.session).await?;
    let found = wanted.alike(&bench.catalog().await?.without(wanted.ignore));
    let changes = diff::changes(&before(source), &found, &options);
    Ok((!changes.is_empty()).then(|| Left { name: source.name.clone(), is_down: true, changes }))
}
