//! One worker: takes ranges and goes through each, batch by batch.
//!
//! A batch is one transaction: the row of its range is locked, the statement runs with the
//! condition of the batch, the cursor moves. Locks: ROW EXCLUSIVE on the table and the rows of the
//! batch, for as long as a batch takes; a lock that is not free in a moment ends the batch, which
//! is tried again later and smaller, so that nobody queues behind us.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, SimpleQueryMessage};

use super::pace::Pace;
use super::plan;
use super::shared::Shared;
use super::store::{self, Batch, Range, only_rows};
use crate::event::Event;
use crate::execute::{Blamed, StepError, Tries, classify, not_ours};

/// How long a batch waits for a lock while it holds others.
const LOCK_WAIT: Duration = Duration::from_millis(100);
/// How often a worker that has to wait looks whether it still has to.
const LOOK: Duration = Duration::from_millis(250);

/// One worker with its session.
pub struct Worker<'a> {
    shared: &'a Shared<'a>,
    client: &'a Client,
    pace: Pace,
}

/// How a batch ended.
enum Ended {
    /// It is committed.
    Done(Spent),
    /// Another has done it: the range as it is now.
    Moved(Range),
}

/// What a batch took.
struct Spent {
    /// Bytes of WAL.
    wal: u64,
    /// What the server worked, without the way there and back: from far away, that says nothing of the rows.
    work: Duration,
}

impl<'a> Worker<'a> {
    /// A worker on a session that is pinned and marked as ours.
    pub fn new(shared: &'a Shared<'a>, client: &'a Client) -> Self {
        Self { shared, client, pace: Pace::new(shared.job.options, shared.scans) }
    }

    /// Works until no range is left.
    ///
    /// # Errors
    /// What cannot be tried again, or was tried for too long.
    pub async fn run(mut self) -> Result<(), Blamed> {
        // what was said before this run began still holds
        self.look_at_control().await?;
        while let Some(mut range) = self.shared.next() {
            let mut tries = Tries::begin(self.shared.run.settings().lock_retry);
            while !range.done {
                self.hold().await?;
                match self.step(&mut range).await {
                    Ok(rest) => {
                        tries = Tries::begin(self.shared.run.settings().lock_retry);
                        if !rest.is_zero() {
                            tokio::time::sleep(rest).await;
                        }
                    }
                    Err((StepError::Server(server), place)) if server.is_contention() => {
                        self.pace.blocked();
                        let Some(pause) = tries.pause() else {
                            let (tries, waited_ms) = (tries.failed, tries.waited_ms());
                            let error =
                                StepError::Locks { tries, waited_ms, last: server, blockers: Vec::new() };
                            return Err((error, place));
                        };
                        let why = format!("rows are locked by others: {}", server.message);
                        self.shared.tell_progress(0, Some(why));
                        tokio::time::sleep(pause).await;
                    }
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(())
    }

    /// Waits while a person or the server's health says so.
    async fn hold(&self) -> Result<(), Blamed> {
        let mut waited = false;
        while let Some(why) = self.shared.hold() {
            waited = true;
            self.tell(&format!("waits: {why}")).await?;
            self.shared.tell_progress(0, Some(why));
            tokio::time::sleep(LOOK).await;
            self.look_at_control().await?;
        }
        let state = match self.shared.why_slow() {
            Some(why) => format!("slow: {why}"),
            None => "at work".to_owned(),
        };
        if waited || !state.starts_with("at") {
            self.tell(&state).await?;
        }
        Ok(())
    }

    async fn tell(&self, state: &str) -> Result<(), Blamed> {
        let told = self.shared.tell_ledger(self.client, state).await;
        told.map_err(|error| (error, None))
    }

    async fn look_at_control(&self) -> Result<(), Blamed> {
        let sql = store::control_query(self.shared.begun.id);
        let found = self.client.simple_query(&sql).await.map_err(|e| (classify(&e), None))?;
        if let Some(row) = only_rows(&found).next() {
            self.shared.control.replace(store::control(row));
        }
        Ok(())
    }

    /// One batch; gives how long to rest after it.
    async fn step(&mut self, range: &mut Range) -> Result<Duration, Blamed> {
        let rows = self.pace.rows(self.shared.manners());
        let (subject, began) = (self.shared.subject, Instant::now());
        let next = plan::next(self.client, subject, range.position(), &range.upto, rows).await;
        let (upto, is_last) = next.map_err(|error| (error, Some(self.shared.job.at)))?;
        let mut batch = Batch { upto, is_last, seen: rows, changed: 0, ms: 0 };
        match self.batch(range, &mut batch, began).await? {
            Ended::Moved(now) => {
                (self.shared.run.events())(Event::Recovered {
                    what: format!("a batch that was on its way is done (range {})", now.part),
                });
                *range = now;
                Ok(Duration::ZERO)
            }
            Ended::Done(spent) => {
                range.cursor = Some(batch.upto);
                range.done = is_last;
                let rest = self.pace.after(rows, spent.work, spent.wal, self.shared.manners());
                self.shared.count(batch.seen, batch.changed, self.pace.is_slower());
                self.shared.tell_progress(rows, None);
                Ok(rest)
            }
        }
    }

    /// The transaction of a batch. The cursor it starts from is compared under the lock: if it is
    /// another one by now, nothing of this batch stays.
    async fn batch(&self, range: &Range, batch: &mut Batch, began: Instant) -> Result<Ended, Blamed> {
        let (shared, id) = (self.shared, self.shared.begun.id);
        let version = shared.run.session().facts.version;
        let condition =
            shared.subject.condition(&shared.job.batched.qualifier, range.position(), &batch.upto, version);
        let locks = shared.job.batched.lock(&condition).map(|sql| sql + ";\n").unwrap_or_default();
        let head = format!("{}{};\n{locks}", self.settings(), store::lock_range(id, range.part));
        let sql = format!("{head}{}", shared.job.batched.slot.with(&condition));
        let found = match self.client.simple_query(&sql).await {
            Ok(found) => found,
            Err(error) => return Err(self.failed(classify(&error), &sql, head.len()).await),
        };
        let row = only_rows(&found).next();
        let now = row.map(store::range);
        let Some(now) = now.filter(|now| now.cursor == range.cursor && !now.done) else {
            self.roll_back().await;
            return match row.map(store::range) {
                Some(now) => Ok(Ended::Moved(now)),
                None => Err((StepError::InTheWay("the backfill is gone from the ledger".into()), None)),
            };
        };
        let wal = row.and_then(|row| row.get(store::WAL_PLACE)).unwrap_or("0/0").to_owned();
        batch.changed = changed(&found);
        batch.ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if batch.is_last {
            batch.seen = batch.changed.min(batch.seen);
        }
        let worked = Instant::now();
        let advance = store::advance(shared.run.run_column(), id, now.part, batch, &wal);
        let control = store::control_query(id);
        let end = match self.client.simple_query(&format!("{advance}; {control}; COMMIT")).await {
            Ok(end) => end,
            Err(error) => return Err(self.failed(not_ours(classify(&error)), "", 0).await),
        };
        // next to no work, so that it is the way there and back; the work took two of them
        let way = worked.elapsed();
        let row = only_rows(&end).next();
        if let Some(row) = row {
            shared.control.replace(store::control(row));
        }
        let after = row.and_then(|row| row.get(store::CONTROL_WAL_PLACE)).unwrap_or_default();
        Ok(Ended::Done(Spent {
            wal: lsn(after).saturating_sub(lsn(&wal)),
            work: (worked - began).saturating_sub(2 * way),
        }))
    }

    /// A batch that a crash of the server takes with it is done again, cursor and all, so its
    /// commit need not wait for the disk; the end of the step does.
    fn settings(&self) -> String {
        let (settings, one) = (self.shared.run.settings(), self.shared.one);
        let asked = one.lock_timeout_ms.map_or(settings.lock_timeout, Duration::from_millis);
        let lock = if asked.is_zero() { LOCK_WAIT } else { asked.min(LOCK_WAIT) };
        let mut sql = format!(
            "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = {}; ",
            lock.as_millis().max(1)
        );
        if let Some(ms) = one.statement_timeout_ms {
            sql.push_str(&format!("SET LOCAL statement_timeout = {ms}; "));
        }
        sql
    }

    /// Ends the transaction; gives the error with the place in the file, where the server's place
    /// is in the user's own text.
    async fn failed(&self, mut error: StepError, sql: &str, head: usize) -> Blamed {
        let mut place = None;
        if let StepError::Server(server) = &mut error {
            let position = server.position.take();
            let byte = position
                .and_then(|p| sql.char_indices().nth((p as usize).checked_sub(1)?))
                .and_then(|(byte, _)| byte.checked_sub(head));
            place = byte.and_then(|byte| self.shared.job.batched.slot.own_place(byte));
        }
        self.roll_back().await;
        (error, Some(self.shared.job.at + place.unwrap_or(0)))
    }

    async fn roll_back(&self) {
        // a failed rollback means a lost connection, which the next use will report
        let _ = self.client.batch_execute("ROLLBACK").await;
    }
}

/// Rows that the last command of a message changed.
fn changed(messages: &[SimpleQueryMessage]) -> u64 {
    let counts = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
        _ => None,
    });
    counts.last().unwrap_or(0)
}

/// A place in the WAL as a number: `16/B374D848`.
fn lsn(text: &str) -> u64 {
    let parts = text.split_once('/');
    let read = |part: &str| u64::from_str_radix(part, 16).ok();
    parts.and_then(|(high, low)| Some((read(high)? << 32) + read(low)?)).unwrap_or(0)
}
