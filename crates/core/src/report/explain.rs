//! What a plan does, statement by statement: the data behind `cutover explain`.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::estimate::{Built, MOMENT, Speeds, Work};
use crate::effect::known::Kind;
use crate::effect::{Effects, Known, Loss, Mode, Rel, Scan, Undo};

/// How big the relations of a database are.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    tables: HashMap<Rel, TableSize>,
    speeds: Speeds,
}

/// How big one is, and how much it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TableSize {
    /// Rows, as the planner estimates them.
    pub rows: f64,
    /// Bytes of the table with its long values.
    pub bytes: u64,
    /// Bytes of its indexes.
    pub index_bytes: u64,
    /// Scans since the statistics were reset, of the table and its indexes.
    pub reads: i64,
    /// Rows that were inserted, updated or deleted since.
    pub writes: i64,
}

impl Sizes {
    /// Of these.
    pub fn new(tables: impl IntoIterator<Item = (Rel, TableSize)>) -> Self {
        Self { tables: tables.into_iter().collect(), speeds: Speeds::default() }
    }

    /// The same with what was measured of the server.
    #[must_use]
    pub fn with(mut self, speeds: Speeds) -> Self {
        self.speeds = speeds;
        self
    }

    /// How fast the server is.
    pub fn speeds(&self) -> &Speeds {
        &self.speeds
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// That of a relation.
    pub fn get(&self, relation: &Rel) -> Option<&TableSize> {
        self.tables.get(relation)
    }

    /// Bytes of a table, with its indexes.
    pub fn bytes(&self, relation: &Rel) -> Option<u64> {
        self.get(relation).map(|size| size.bytes + size.index_bytes)
    }
}

/// A plan with its effects.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explained {
    /// Its revisions in running order.
    pub revisions: Vec<RevisionEffects>,
}

/// One revision.
#[derive(Clone, Debug, Serialize)]
pub struct RevisionEffects {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub message: String,
    /// Its steps.
    pub steps: Vec<StepEffects>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct StepEffects {
    /// Its place in the revision, from 1.
    pub ordinal: u32,
    /// `transaction`, `alone`, `guard` or `run`.
    pub kind: &'static str,
    /// Its statements.
    pub statements: Vec<StatementEffects>,
}

/// One statement.
#[derive(Clone, Debug, Serialize)]
pub struct StatementEffects {
    /// The line of the file, from 1.
    pub line: usize,
    /// Its text.
    pub sql: String,
    /// The strongest lock on each table and view that was there before.
    pub locks: Vec<LockLine>,
    /// The relations that are written anew.
    pub rewrites: Vec<Rel>,
    /// The relations of which all rows are read.
    pub scans: Vec<Rel>,
    /// Rows that are read or written in full, where they are known.
    pub rows: Option<f64>,
    /// Bytes that are read or written in full, where they are known.
    pub bytes: Option<u64>,
    /// How long that takes, in milliseconds, roughly.
    pub estimate_ms: Option<f64>,
    /// Whether reads or writes wait for all of that time.
    pub blocks_meanwhile: bool,
    /// What is lost.
    pub losses: Vec<Loss>,
    /// What running code may stumble over, in sentences.
    pub breaks: Vec<String>,
    /// What cannot be seen before it runs.
    pub unknown: Vec<String>,
    /// Why PostgreSQL will refuse it.
    pub fails: Vec<String>,
    /// How it is undone.
    pub undo: Undo,
    /// What Cutover does about it.
    pub cutover: Vec<String>,
    /// Where PostgreSQL did something else than was said, when the plan was tried; nothing when it was not.
    pub wrong: Option<Vec<String>>,
    /// How long it took when it was tried; nothing when it was not, or was stopped on its way.
    pub traced: Option<Traced>,
}

/// How long a statement took on a scratch database.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Traced {
    /// In milliseconds.
    pub ms: f64,
    /// Which part of the rows that it reads or writes in full were there, from 0 to 1; nothing if none were copied.
    pub share: Option<f64>,
    /// How long it would take there with all rows, in milliseconds.
    pub all_ms: Option<f64>,
}

impl Traced {
    /// What a statement took on `rows` of `of` rows. Building an index sorts, which grows a little faster than the rows.
    pub fn new(ms: f64, rows: f64, of: f64, sorts: bool) -> Self {
        if rows < 1.0 || of < 1.0 {
            return Self { ms, share: None, all_ms: None };
        }
        let (of, deep) = (of.max(rows), |rows: f64| if sorts { rows.max(2.0).log2() } else { 1.0 });
        let all_ms = ms * (of / rows) * (deep(of) / deep(rows));
        // so few rows, or so short a time, say nothing of all of them
        let tells = of <= rows || (rows >= 1000.0 && ms >= 1.0);
        Self { ms, share: Some(rows / of), all_ms: tells.then_some(all_ms) }
    }
}

impl StatementEffects {
    /// Whether nobody else notices it.
    pub fn is_quiet(&self) -> bool {
        self.locks.is_empty()
            && self.rewrites.is_empty()
            && self.scans.is_empty()
            && self.losses.is_empty()
            && self.breaks.is_empty()
            && self.unknown.is_empty()
            && self.fails.is_empty()
            && self.wrong.as_ref().is_none_or(Vec::is_empty)
            && self.cutover.is_empty()
    }
}

/// A lock on a relation.
#[derive(Clone, Debug, Serialize)]
pub struct LockLine {
    /// The relation.
    pub relation: Rel,
    /// The mode.
    pub mode: Mode,
    /// What waits for it, in words.
    pub blocks: &'static str,
    /// The relation's size, where it is known.
    pub size: Option<TableSize>,
}

/// What a statement does, in the words of a report.
pub fn explain(
    line: usize,
    sql: &str,
    effects: &Effects,
    known: &Known,
    sizes: &Sizes,
    alone: bool,
    built: &[Built],
) -> StatementEffects {
    let is_table = |rel: &Rel| known.get(rel).is_none_or(|it| it.kind != Kind::Index);
    let old = |rel: &Rel| !known.is_new_relation(rel);
    // what may stop others is told as if it were sure
    let mut modes = effects.locks.clone();
    modes.extend(effects.blocking(known).map(|(rel, mode)| (rel.clone(), mode)));
    let locks: Vec<LockLine> = modes
        .iter()
        .filter(|(rel, _)| is_table(rel) && old(rel))
        .map(|(rel, mode)| LockLine {
            relation: rel.clone(),
            mode: *mode,
            blocks: mode.blocks(),
            size: sizes.get(rel).copied(),
        })
        .collect();
    let rewrites: Vec<Rel> =
        effects.rewrites.iter().map(|(rel, _)| rel).filter(|rel| old(rel)).cloned().collect();
    let mut scanned: BTreeMap<&Rel, Scan> = BTreeMap::new();
    for (rel, cause) in effects.scans.iter().filter(|(rel, _)| old(rel)) {
        scanned.entry(rel).or_insert(*cause);
    }
    let work = Work::of(effects, sizes, built, old);
    let breaks = effects.breaks.iter().filter(|it| it.table().is_none_or(old));
    let strong = locks.iter().any(|lock| lock.mode.blocks_writes());
    let long = !rewrites.is_empty() || !scanned.is_empty();
    StatementEffects {
        line,
        sql: sql.to_owned(),
        rewrites,
        scans: scanned.keys().map(|rel| (*rel).clone()).collect(),
        rows: work.known().then_some(work.rows),
        bytes: work.known().then_some(work.bytes),
        estimate_ms: match (long, work.known()) {
            (false, _) => (!locks.is_empty()).then_some(MOMENT),
            (true, true) => Some(MOMENT + work.ms),
            (true, false) => None,
        },
        blocks_meanwhile: strong && long,
        losses: effects.losses.iter().filter(|loss| loss.table().is_none_or(old)).cloned().collect(),
        breaks: breaks.map(crate::effect::Break::explain).collect(),
        unknown: effects.unknown.clone(),
        fails: effects.fails.clone(),
        undo: effects.undo(),
        cutover: cutover(&locks, effects, alone),
        wrong: None,
        traced: None,
        locks,
    }
}

/// Whether an index is built for it.
pub fn builds_index(cause: Scan) -> bool {
    match cause {
        Scan::Index
        | Scan::Unique
        | Scan::PrimaryKey
        | Scan::Exclusion
        | Scan::Reindex
        | Scan::Concurrently
        | Scan::PartitionIndex
        | Scan::TypeIndex => true,
        Scan::Check
        | Scan::ForeignKey
        | Scan::Referenced
        | Scan::NotNull
        | Scan::KeyNotNull
        | Scan::Validate
        | Scan::Enforce
        | Scan::Attach
        | Scan::DefaultPartition
        | Scan::Domain
        | Scan::TypeCheck
        | Scan::TypeForeignKey
        | Scan::Maintenance
        | Scan::Query => false,
    }
}

/// What the executor does so that nobody waits for long.
fn cutover(locks: &[LockLine], effects: &Effects, alone: bool) -> Vec<String> {
    let mut found = Vec::new();
    if alone {
        found.push(
            "runs it on its own, outside a transaction; killed on the way, it is looked up and done again"
                .into(),
        );
    }
    if locks.iter().any(|lock| lock.mode.blocks_writes()) {
        found.push("waits for the lock only as long as lock_timeout, and tries again".into());
    }
    if effects.scans.iter().any(|(_, cause)| *cause == Scan::Concurrently) {
        found.push("builds it while others read and write".into());
    }
    found
}
