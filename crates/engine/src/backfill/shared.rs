//! What the workers of one backfill share: the ranges that are left, what the server and a person
//! say, and how far everything is. All of it lives on one thread.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::health::Health;
use super::pace::Manners;
use super::store::{Begun, Control, Range};
use super::subject::Subject;
use super::{Job, store};
use crate::event::{BackfillProgress, Event};
use crate::execute::{Prepared, Run, StepError};

/// Time between two events.
const NEWS: Duration = Duration::from_millis(200);
/// Time between two rows about the state.
const TELL: Duration = Duration::from_secs(1);
/// The rate is that of about so long.
const MEMORY: Duration = Duration::from_secs(10);

/// What the workers share.
pub struct Shared<'a> {
    /// The run.
    pub run: &'a Run<'a>,
    /// The revision.
    pub one: &'a Prepared,
    /// What the file says.
    pub job: &'a Job<'a>,
    /// The table.
    pub subject: &'a Subject,
    /// The row in the ledger.
    pub begun: &'a Begun,
    /// Whether each batch reads another table as a whole.
    pub scans: bool,
    /// Our server processes.
    pub pids: RefCell<Vec<i32>>,
    /// What the last look at the server found.
    pub health: RefCell<Health>,
    /// What a person says.
    pub control: RefCell<Control>,
    left: RefCell<VecDeque<Range>>,
    seen: Cell<u64>,
    changed: Cell<u64>,
    /// Rows and times of late, for the rate.
    late: RefCell<VecDeque<(Instant, u64)>>,
    told: RefCell<(Instant, String)>,
    news: Cell<Option<Instant>>,
    slower: Cell<bool>,
}

impl<'a> Shared<'a> {
    /// For the ranges that are not done.
    pub fn new(
        run: &'a Run<'a>,
        one: &'a Prepared,
        job: &'a Job<'a>,
        subject: &'a Subject,
        begun: &'a Begun,
        ranges: &[Range],
        scans: bool,
    ) -> Self {
        let now = Instant::now();
        let seen = ranges.iter().map(|r| r.seen).sum();
        Self {
            run,
            one,
            job,
            subject,
            begun,
            scans,
            pids: RefCell::new(vec![run.session().facts.pid]),
            health: RefCell::default(),
            control: RefCell::default(),
            left: RefCell::new(ranges.iter().filter(|r| !r.done).cloned().collect()),
            seen: Cell::new(seen),
            changed: Cell::new(ranges.iter().map(|r| r.changed).sum()),
            late: RefCell::new(VecDeque::from([(now, seen)])),
            told: RefCell::new((now, String::new())),
            news: Cell::new(None),
            slower: Cell::new(false),
        }
    }

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        let asked = self.job.options.workers.unwrap_or(1) as usize;
        asked.min(self.left.borrow().len()).max(1)
    }

    /// The next range that nobody works on.
    pub fn next(&self) -> Option<Range> {
        self.left.borrow_mut().pop_front()
    }

    /// Rows that were changed.
    pub fn changed(&self) -> u64 {
        self.changed.get()
    }

    /// What one worker has to mind.
    pub fn manners(&self) -> Manners {
        let health = self.health.borrow();
        let share = self.workers_at_start() as u64;
        Manners {
            polite: health.polite.is_some(),
            rest: health.rest.is_some(),
            rows_per_second: self.control.borrow().rows_per_second.map(|rows| (rows / share).max(1)),
            percent: self.control.borrow().percent,
        }
    }

    fn workers_at_start(&self) -> usize {
        (self.job.options.workers.unwrap_or(1) as usize).max(1)
    }

    /// Why nothing may run now, if so.
    pub fn hold(&self) -> Option<String> {
        if let Some(by) = &self.control.borrow().paused {
            return Some(format!("paused by {by}"));
        }
        self.health.borrow().stop.clone()
    }

    /// Why it is slower than it could be, if it is.
    pub fn why_slow(&self) -> Option<String> {
        let (health, control) = (self.health.borrow(), self.control.borrow());
        let rows = control.rows_per_second.map(|rows| format!("throttled to {rows} rows/s"));
        let throttle = rows.or_else(|| control.percent.map(|p| format!("throttled to {p} % of the time")));
        let slower =
            || self.slower.get().then(|| "a row takes three times as long as at the start".to_owned());
        throttle.or_else(|| health.rest.clone()).or_else(|| health.polite.clone()).or_else(slower)
    }

    /// Takes in a batch.
    pub fn count(&self, seen: u64, changed: u64, is_slower: bool) {
        self.seen.set(self.seen.get() + seen);
        self.changed.set(self.changed.get() + changed);
        self.slower.set(is_slower);
        let now = Instant::now();
        let mut late = self.late.borrow_mut();
        late.push_back((now, self.seen.get()));
        while late.len() > 2 && late.front().is_some_and(|(at, _)| now - *at > MEMORY) {
            late.pop_front();
        }
    }

    /// Tells how far it is, if it has not done so a moment ago.
    pub fn tell_progress(&self, batch: u64, waits: Option<String>) {
        let now = Instant::now();
        if waits.is_none() && self.news.get().is_some_and(|at| now - at < NEWS) {
            return;
        }
        self.news.set(Some(now));
        let rate = self.rate();
        let left = self.begun.rows_expected.saturating_sub(self.seen.get());
        (self.run.events())(Event::BackfillProgress(BackfillProgress {
            table: self.subject.name.clone(),
            rows: self.seen.get(),
            of: self.begun.rows_expected,
            changed: self.changed.get(),
            per_second: rate,
            left_ms: (rate > 0.0 && waits.is_none()).then(|| (left as f64 / rate * 1000.0) as u64),
            batch,
            slow: waits.clone().or_else(|| self.why_slow()),
            waits: waits.is_some(),
        }));
    }

    fn rate(&self) -> f64 {
        let late = self.late.borrow();
        match (late.front(), late.back()) {
            (Some((from, before)), Some((to, after))) if to > from => {
                (after - before) as f64 / (*to - *from).as_secs_f64()
            }
            _ => 0.0,
        }
    }

    /// Writes what it is at into the ledger, when that is news.
    pub async fn tell_ledger(&self, client: &tokio_postgres::Client, state: &str) -> Result<(), StepError> {
        {
            let mut told = self.told.borrow_mut();
            if told.1 == state || (told.0.elapsed() < TELL && !told.1.is_empty()) {
                return Ok(());
            }
            *told = (Instant::now(), state.to_owned());
        }
        store::tell(client, self.begun.id, state).await
    }
}
