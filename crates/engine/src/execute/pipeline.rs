//! Revisions that are one transaction each, sent without waiting for the one before.
//!
//! While the server runs one, the next is on its way. That is safe: when a transaction fails, the
//! session stays in its failed state and the server refuses every following message at its
//! `BEGIN`; and where only the COMMIT failed, the rows of the next transaction fail, because they
//! ask for the row of the one before (`Writer::prepare_quick`). Whatever fails here is rolled back
//! and left to the careful way, which tries again and explains.

use std::collections::HashSet;
use std::time::Instant;

use cutover_core::plan::StepKind;
use cutover_core::revision::graph::Index;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use super::prepare::Prepared;
use super::runner::{Run, title};
use crate::event::Event;
use crate::ledger::State;

/// How many are on their way at once.
const DEPTH: usize = 3;

/// Fewer than this are not worth a statement prepared for them.
const WORTH_IT: usize = 2;

/// Runs revisions from `from` on for as long as they are simple and go well; gives how many.
pub async fn run(
    run: &Run<'_>,
    state: &State,
    prepared: &[Prepared],
    from: usize,
    held: &HashSet<Index>,
) -> usize {
    let simple = |one: &&Prepared| !held.contains(&one.index) && is_simple(run, state, one);
    let end = from + prepared[from..].iter().take_while(simple).count();
    let client = run.session().client();
    if end - from < WORTH_IT {
        return 0;
    }
    // it is there already when this is not the first stretch of the run
    let _ = client.batch_execute(&run.prepare_messages()).await;
    let mut sent = from;
    let mut done = from;
    let mut on_their_way = FuturesOrdered::new();
    let mut began = Instant::now();
    while done < end {
        while sent < end && on_their_way.len() < DEPTH {
            let previous = (sent > from).then(|| &prepared[sent - 1]);
            on_their_way.push_back(run.message(&prepared[sent], previous).execute(client));
            sent += 1;
        }
        let watch = run.watch();
        let result = watch.during(on_their_way.next(), run.events()).await;
        run.pass_notices();
        if !matches!(result, Some(Ok(()))) {
            // the server refuses what is still on its way; then the failed transaction ends
            while on_their_way.next().await.is_some() {}
            let _ = client.batch_execute("ROLLBACK").await;
            break;
        }
        tell(run, prepared, done, began);
        began = Instant::now();
        done += 1;
    }
    done - from
}

/// One transaction, nothing half done, no data to feed, no settings of its own.
fn is_simple(run: &Run<'_>, state: &State, one: &Prepared) -> bool {
    let [step] = &one.steps[..] else { return false };
    step.kind == StepKind::Transaction
        && !step.changes_session()
        && step.statements.iter().all(|s| s.copy_data.is_none())
        && one.gates.is_empty()
        && one.lock_timeout_ms.is_none()
        && one.statement_timeout_ms.is_none()
        && state.open.iter().all(|s| s.revision != run.id(one))
}

fn tell(run: &Run<'_>, prepared: &[Prepared], at: usize, began: Instant) {
    let one = &prepared[at];
    let (ordinal, of, title) = (1, 1, title(&one.steps[0]));
    run.announce(prepared, at);
    let millis = began.elapsed().as_secs_f64() * 1000.0;
    (run.events())(Event::StepFinished { ordinal, of, title, millis });
    run.announce_end(one, began);
}
