//! A backfill: one statement in batches, so that nobody waits for it.

use cutover_core::plan::Step;

use crate::execute::{Blamed, Prepared, Run};

/// Runs a backfill step from where it is.
///
/// # Errors
/// The server's error, with the place in the file.
pub async fn run(run: &Run<'_>, one: &Prepared, step: &Step, _begun: bool) -> Result<(), Blamed> {
    run.whole(one, step).await
}
