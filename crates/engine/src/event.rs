//! What happens during a run, as plain data. The engine emits, others render.

use cutover_core::plan::Direction;

use crate::execute::Cause;

/// Receives events, in the order in which they happen.
pub type Sink<'a> = &'a (dyn Fn(Event) + Sync);

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Another run holds the lock; we look again until the time is over.
    WaitingForRunner(Holder),
    /// A revision is about to run.
    RevisionStarted {
        /// The id.
        id: String,
        /// First line of its prose.
        message: String,
        /// Which section.
        direction: Direction,
        /// Its place in this run, from 1.
        number: usize,
        /// How many revisions this run has.
        of: usize,
    },
    /// A step of the current revision is about to run.
    StepStarted {
        /// Place among the steps, from 1.
        ordinal: u32,
        /// How many there are.
        of: usize,
        /// What it does, in a few words.
        title: String,
    },
    /// A step of an earlier, interrupted run is already done.
    StepSkipped {
        /// Place among the steps, from 1.
        ordinal: u32,
        /// How many there are.
        of: usize,
        /// What it does, in a few words.
        title: String,
    },
    /// A step is done.
    StepFinished {
        /// Place among the steps, from 1.
        ordinal: u32,
        /// How many there are.
        of: usize,
        /// What it did, in a few words.
        title: String,
        /// Milliseconds, with retries and pauses.
        millis: f64,
    },
    /// A revision is done and recorded.
    RevisionFinished {
        /// The id.
        id: String,
        /// Which section ran.
        direction: Direction,
        /// Milliseconds.
        millis: f64,
    },
    /// A revision waits for its gates or a deploy; the run goes on without it.
    RevisionWaits {
        /// The id.
        id: String,
        /// What for.
        causes: Vec<Cause>,
    },
    /// Other sessions stand in the way of the current step.
    Blocked(Vec<Blocker>),
    /// A step could not get its locks and will be tried again.
    Retry {
        /// How many tries have failed.
        tries: u32,
        /// Milliseconds until the next one.
        pause_ms: u64,
        /// PostgreSQL's message.
        reason: String,
    },
    /// What an interrupted run left behind was found and dealt with.
    Recovered {
        /// What was found and done.
        what: String,
    },
    /// A backfill is about to run, or to go on.
    BackfillBegun(BackfillBegun),
    /// A backfill has done a batch, or waits.
    BackfillProgress(BackfillProgress),
    /// A backfill is done.
    BackfillDone(BackfillDone),
    /// A message that the server sent.
    Notice {
        /// `NOTICE`, `WARNING`, ...
        severity: String,
        /// The text.
        message: String,
    },
    /// A line that an external command printed.
    CommandOutput {
        /// The line.
        line: String,
    },
}

/// What is known of a backfill before its first batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackfillBegun {
    /// The table.
    pub table: String,
    /// Rows of the table, as the planner takes them to be.
    pub rows: u64,
    /// Rows that an earlier run went through.
    pub done_before: u64,
    /// Rows that it will change, as the planner takes them to be.
    pub changes: u64,
    /// Tables that it reads and that were never analyzed, which makes a guess of what the planner says.
    pub unanalyzed: Vec<String>,
    /// Bytes of WAL that it will write, roughly.
    pub wal_bytes: u64,
    /// In how many ranges the table is divided.
    pub ranges: usize,
    /// How often the table is gone through by now, from 1.
    pub pass: u32,
    /// What the table gains in dead rows, in a sentence.
    pub dead_rows: String,
}

/// How far a backfill is.
#[derive(Clone, Debug, PartialEq)]
pub struct BackfillProgress {
    /// The table.
    pub table: String,
    /// Rows that it went through.
    pub rows: u64,
    /// Rows of the table when it began.
    pub of: u64,
    /// Rows that it changed.
    pub changed: u64,
    /// Rows a second of late.
    pub per_second: f64,
    /// Milliseconds that are left at that rate, when it is at work.
    pub left_ms: Option<u64>,
    /// Rows of the last batch.
    pub batch: u64,
    /// Why it is slower than it could be, or waits.
    pub slow: Option<String>,
    /// Whether it waits.
    pub waits: bool,
}

/// What a backfill was.
#[derive(Clone, Debug, PartialEq)]
pub struct BackfillDone {
    /// The table.
    pub table: String,
    /// Rows that it went through.
    pub rows: u64,
    /// Rows that it changed.
    pub changed: u64,
    /// How many batches it took.
    pub batches: u64,
    /// WAL that the server wrote meanwhile, in bytes.
    pub wal_bytes: u64,
    /// Milliseconds since this run began with it.
    pub millis: f64,
}

/// A session that holds a lock that a step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its process id on the server.
    pub pid: i32,
    /// Database user.
    pub user: String,
    /// What the client calls itself.
    pub application: String,
    /// `active`, `idle in transaction`, ...
    pub state: String,
    /// Its last or current query, shortened.
    pub query: String,
    /// Age of its transaction in milliseconds.
    pub transaction_ms: u64,
}

/// Who holds the runner's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id on the server.
    pub pid: i32,
    /// Database user.
    pub user: String,
    /// What the client calls itself.
    pub application: String,
    /// Where it comes from: an address, or `local`.
    pub client: String,
    /// What it is doing now, shortened.
    pub query: String,
    /// Milliseconds since its session began.
    pub session_ms: u64,
}
