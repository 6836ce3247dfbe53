//! A backfill: one statement in batches, so that nobody waits for it.
//!
//! `subject` looks at the table, `store` keeps the cursors in the ledger, `worker` goes through
//! ranges batch by batch at the `pace` that time, WAL and the server's `health` allow, `vacuum`
//! tidies up behind it, `control` is what another terminal says and sees. The order of things is
//! here. It emits events and prints nothing.

pub mod control;
mod error;
mod estimate;
mod health;
mod pace;
mod plan;
mod shared;
mod store;
mod subject;
mod vacuum;
mod worker;

use cutover_core::plan::backfill::{self, Batched};
use cutover_core::plan::{Step, StepKind};
use cutover_core::report::count;
use cutover_sql::document::BackfillOptions;
use futures_util::future::try_join_all;

pub use error::BackfillError;

use crate::connect;
use crate::event::{BackfillBegun, BackfillDone, Event};
use crate::execute::{Blamed, Prepared, Run, StepError, classify};
use crate::session::SessionError;
use health::Monitor;
use shared::Shared;
use store::{Begun, Which};
use subject::{Subject, Walk};
use worker::Worker;

/// What the file says of a backfill.
#[derive(Debug)]
struct Job<'a> {
    /// The statement as it is written.
    text: &'a str,
    /// The byte of the file that it begins at.
    at: usize,
    batched: Batched,
    key: Vec<String>,
    options: &'a BackfillOptions,
    /// Checksum of the statement alone: options may change while it runs.
    checksum: String,
}

/// Runs a backfill step from where it is. `begun` tells that an earlier try may have done a part.
///
/// # Errors
/// The server's error, with the place in the file. What was committed stays, and its cursors with it.
pub async fn run(run: &Run<'_>, one: &Prepared, step: &Step, begun: bool) -> Result<(), Blamed> {
    let Some(job) = Job::read(run, one, step) else { return run.whole(one, step).await };
    let at = |error: StepError| job.blame(error);
    let client = run.session().client();
    let subject = subject::look(client, &job.batched, &job.key, job.text).await.map_err(at)?;
    let which = Which { revision: run.id(one), direction: run.direction(), ordinal: step.ordinal };
    if !begun {
        // of an earlier life of the revision that ended in another way; the journal knows of none
        store::forget(client, &which).await.map_err(at)?;
    }
    let small = !begun && plan::is_one_batch(client, &subject, job.options).await.map_err(at)?;
    if small {
        return run.whole_after(one, step, job.batched.lock("true")).await;
    }
    run.begin(one, step, "").await.map_err(at)?;
    let begun = open(run, &which, &job, &subject).await.map_err(at)?;
    if run.session().facts.version >= 140_000 {
        // the run's session may have nothing to do while others work, and it holds the lock
        let keep = "SET idle_session_timeout = 0";
        client.batch_execute(keep).await.map_err(|e| at(classify(&e)))?;
    }
    let summary = go_through(run, one, &job, &subject, begun).await?;
    run.end_with(one, step, store::finish(&which, &summary)).await.map_err(at)
}

impl<'a> Job<'a> {
    fn read(run: &'a Run<'_>, one: &Prepared, step: &'a Step) -> Option<Self> {
        let StepKind::Backfill { table, key, options } = &step.kind else { return None };
        let span = step.statements.first()?.span;
        let text = span.text(run.text(one));
        let key = backfill::names(key);
        // the plan has refused what cannot be read
        let batched = backfill::read(text, table, &key).ok()?;
        let checksum = cutover_sql::checksum::normal(text);
        Some(Self { text, at: span.start, batched, key, options, checksum })
    }

    /// An error and the byte of the file, for an error in the statement as it is written.
    fn blame(&self, error: StepError) -> Blamed {
        let place = match &error {
            StepError::Server(server) => server
                .position
                .and_then(|p| self.text.char_indices().nth((p as usize).checked_sub(1)?))
                .map(|(byte, _)| self.at + byte),
            _ => None,
        };
        (error, Some(place.unwrap_or(self.at)))
    }
}

/// Finds the backfill in the ledger, or writes it down there.
async fn open(
    run: &Run<'_>,
    which: &Which<'_>,
    job: &Job<'_>,
    subject: &Subject,
) -> Result<Begun, StepError> {
    let client = run.session().client();
    if let Some(begun) = store::find(client, which).await? {
        if begun.statement == job.checksum {
            return Ok(begun);
        }
        let changed = store::ranges(client, begun.id).await?.iter().map(|r| r.changed).sum();
        return Err(BackfillError::Edited { changed }.into());
    }
    let ranges = plan::ranges(client, subject, job.options).await?;
    let beginning = store::Beginning {
        table: &subject.name,
        key: &job.key,
        statement: &job.checksum,
        rows_expected: subject.rows,
        ranges: &ranges,
    };
    store::begin(client, run.run_column(), which, &beginning).await?;
    let begun = store::find(client, which).await?;
    begun.ok_or_else(|| StepError::Session(SessionError::Pooled))
}

/// Goes through all ranges, and again while that is needed; gives what it was, in words.
async fn go_through(
    run: &Run<'_>,
    one: &Prepared,
    job: &Job<'_>,
    subject: &Subject,
    mut begun: Begun,
) -> Result<String, Blamed> {
    let at = |error: StepError| job.blame(error);
    let client = run.session().client();
    let began = std::time::Instant::now();
    let mut scans = None;
    loop {
        let ranges = store::ranges(client, begun.id).await.map_err(at)?;
        if scans.is_none() {
            scans = Some(tell_scans(run, job, subject, &ranges).await.map_err(at)?);
        }
        let shared = Shared::new(run, one, job, subject, &begun, &ranges, scans == Some(true));
        (run.events())(Event::BackfillBegun(told(subject, &begun, &ranges)));
        pass(&shared, client).await?;
        let ranges = store::ranges(client, begun.id).await.map_err(at)?;
        let changed: u64 = ranges.iter().map(|r| r.changed_in_pass).sum();
        let stuck = begun.changed_before.is_some_and(|before| changed >= before);
        if subject.walk != Walk::Blocks || changed == 0 || stuck {
            if stuck && changed > 0 {
                let rows = count(changed, "row");
                let message = format!(
                    "{rows} of {} still fit the condition all the same: the last pass changed no fewer than the one before",
                    subject.name
                );
                (run.events())(Event::Notice { severity: "WARNING".into(), message });
            }
            let done = BackfillDone {
                table: subject.name.clone(),
                rows: ranges.iter().map(|r| r.seen).sum(),
                changed: ranges.iter().map(|r| r.changed).sum(),
                batches: ranges.iter().map(|r| r.batches).sum(),
                wal_bytes: ranges.iter().map(|r| r.wal_bytes).sum(),
                millis: began.elapsed().as_secs_f64() * 1000.0,
            };
            let batches = if done.batches == 1 { "batch" } else { "batches" };
            let rows = count(done.changed, "row");
            let summary = format!("{rows} changed in {} {batches}", done.batches);
            (run.events())(Event::BackfillDone(done));
            return Ok(summary);
        }
        let pages = subject::pages(client, &subject.oid).await.map_err(at)?;
        store::next_pass(client, run.run_column(), &begun, pages, changed).await.map_err(at)?;
        begun.pass += 1;
        begun.changed_before = Some(changed);
    }
}

/// Looks at the plan of a batch, and tells of tables that each batch would read as a whole: a
/// table that is joined by columns without an index makes a backfill take the square of its time.
async fn tell_scans(
    run: &Run<'_>,
    job: &Job<'_>,
    subject: &Subject,
    ranges: &[store::Range],
) -> Result<bool, StepError> {
    // of a longer batch the planner may read all of a table although there is an index
    const ROWS: u64 = 100;
    let client = run.session().client();
    let Some(range) = ranges.iter().find(|range| !range.done) else { return Ok(false) };
    let (upto, _) = plan::next(client, subject, range.position(), &range.upto, ROWS).await?;
    let version = run.session().facts.version;
    let condition = subject.condition(&job.batched.qualifier, range.position(), &upto, version);
    let found = estimate::read_whole(client, &job.batched.slot.with(&condition)).await?;
    if found.is_empty() {
        return Ok(false);
    }
    let message = format!(
        "each batch reads all of {}: an index on the columns that it is joined by (or ANALYZE, where there is one) makes batches fast",
        found.join(", ")
    );
    (run.events())(Event::Notice { severity: "WARNING".into(), message });
    Ok(true)
}

/// Goes through all ranges once: the session of the run is the first worker, so that the others
/// end when it does.
async fn pass(shared: &Shared<'_>, client: &tokio_postgres::Client) -> Result<(), Blamed> {
    let (params, facts) = (&shared.run.session().params, &shared.run.session().facts);
    let monitor = Monitor {
        params,
        version: facts.version,
        oid: &shared.subject.oid,
        pids: &shared.pids,
        health: &shared.health,
    };
    monitor.first(client).await;
    let workers = shared.workers();
    let mut others = Vec::new();
    for _ in 1..workers {
        others.push(another(shared).await.map_err(|error| shared.job.blame(error))?);
    }
    let clients = std::iter::once(client).chain(others.iter().map(|one| &one.client));
    let all = try_join_all(clients.map(|client| Worker::new(shared, client).run()));
    tokio::select! {
        biased;
        result = all => result.map(|_| ()),
        never = monitor.run(shared.run.events()) => match never {},
        never = vacuum::follow(shared) => match never {},
    }
}

/// One more session of the run.
async fn another(shared: &Shared<'_>) -> Result<connect::Connected, StepError> {
    let session = shared.run.session();
    let connected = connect::connect(&session.params).await.map_err(SessionError::from)?;
    let sql = format!(
        "{}; SELECT set_config('cutover.run', '{}', false), pg_backend_pid()",
        shared.run.settings().pin(session.facts.version),
        shared.run.run_id(),
    );
    let found = crate::session::rows(&connected.client, &sql, "preparing a worker's session").await?;
    let pid: Option<i32> = found.first().and_then(|row| row.get(1)?.parse().ok());
    shared.pids.borrow_mut().extend(pid);
    Ok(connected)
}

fn told(subject: &Subject, begun: &Begun, ranges: &[store::Range]) -> BackfillBegun {
    let done: u64 = ranges.iter().map(|r| r.seen).sum();
    BackfillBegun {
        table: subject.name.clone(),
        rows: begun.rows_expected,
        done_before: done.min(begun.rows_expected),
        changes: subject.changes,
        wal_bytes: subject.changes * subject.wal_per_row,
        ranges: ranges.len(),
        pass: begun.pass,
        unanalyzed: subject.unanalyzed.clone(),
        dead_rows: subject.cost.told(),
    }
}
