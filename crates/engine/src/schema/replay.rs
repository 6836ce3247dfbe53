//! Replays the history on a scratch database, by the executor that runs it everywhere else.

use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target;

use super::{SchemaError, roles, tablespaces};
use crate::execute::{Gates, Request, Run};
use crate::history::History;
use crate::session::{Session, Settings};

/// Applies or undoes these revisions.
///
/// # Errors
/// The first statement that fails.
pub async fn exactly(
    history: &History,
    direction: Direction,
    revisions: &[Index],
    settings: &Settings,
    session: &Session,
) -> Result<(), SchemaError> {
    if revisions.is_empty() {
        return Ok(());
    }
    roles::make(history, revisions, session).await?;
    let text = |index: &Index| tablespaces::named(&history.revision(*index).text);
    tablespaces::make(&revisions.iter().flat_map(text).collect(), session).await?;
    // what is run is said exactly
    let (target, exactly) = (&Target::heads(), Some(revisions));
    let url = session.params.url();
    let request = Request {
        history,
        direction,
        target,
        by: "scratch",
        settings,
        url: &url,
        exactly,
        gates: Gates::Ignored,
    };
    Run::execute(request, session, &|_| {}).await?;
    Ok(())
}
