//! The load: requests that are due on a clock, whatever the server does, and connections that answer for them.
//!
//! Knows nothing of revisions and of `cutover`. Everything runs on one thread of its own, so that the load takes
//! about as much of the machine as it would from elsewhere.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use cutover_engine::connect::{ConnParams, connect};
use rand::Rng as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::clock::Clock;
use crate::locks;
use crate::model::Model;
use crate::record::{Sample, Verdict};
use crate::request::{Line, Trouble, compare, perform};
use crate::scenario::{Fleet, Op, Scenario, Statements};

/// How hard the load is.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Requests a second.
    pub rate: u32,
    /// Connections.
    pub connections: usize,
    /// How many in a thousand go to the same twenty rows.
    pub hot: u32,
}

/// What the clients share.
#[derive(Debug)]
pub struct Shared {
    /// What they say.
    pub scenario: Scenario,
    /// The time.
    pub clock: Clock,
    /// How many in a thousand go to the same twenty rows.
    pub hot: u32,
    model: Mutex<Model>,
    samples: Mutex<Vec<Sample>>,
    troubles: Mutex<Vec<(u64, String)>>,
    /// For each fleet, how many percent are new, and how many requests of old and new ones are under way.
    fleets: Vec<(AtomicU32, [AtomicUsize; 2])>,
    stop: AtomicBool,
}

/// A load that is on.
#[derive(Debug)]
pub struct Traffic {
    shared: Arc<Shared>,
    url: String,
    thread: JoinHandle<()>,
}

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// All writes.
    pub model: Model,
    /// All requests.
    pub samples: Vec<Sample>,
    /// Errors and wrong answers with their times, as many as anybody wants to read.
    pub troubles: Vec<(u64, String)>,
    /// For each fleet, how many percent are new.
    pub generations: Vec<u32>,
}

/// A request that is due.
#[derive(Debug)]
struct Due {
    at: u64,
    fleet: usize,
    is_new: bool,
    op: Op,
}

const ENOUGH: usize = 20;

impl Shared {
    /// All writes so far.
    pub fn model(&self) -> MutexGuard<'_, Model> {
        lock(&self.model)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn note(&self, at: u64, ended: u64, verdict: Verdict) {
        lock(&self.samples).push(Sample { due: at, ended, verdict });
    }

    fn trouble(&self, at: u64, text: String) {
        let mut troubles = lock(&self.troubles);
        if troubles.len() < ENOUGH {
            troubles.push((at, text));
        }
    }
}

impl Traffic {
    /// Starts clients of a database, with what earlier ones have seen.
    pub fn start(url: &str, scenario: &Scenario, clock: Clock, options: Options, before: Seen) -> Self {
        let counts = || [AtomicUsize::new(0), AtomicUsize::new(0)];
        let fleets = before.generations.iter().map(|new| (AtomicU32::new(*new), counts())).collect();
        let shared = Arc::new(Shared {
            scenario: scenario.clone(),
            clock,
            hot: options.hot,
            model: Mutex::new(before.model),
            samples: Mutex::new(before.samples),
            troubles: Mutex::new(before.troubles),
            fleets,
            stop: AtomicBool::new(false),
        });
        let (theirs, address) = (shared.clone(), url.to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(theirs, address, options));
        });
        Self { shared, url: url.to_owned(), thread }
    }

    /// Deploys: so many percent of a fleet are new from now on.
    pub fn deploy(&self, fleet: usize, percent_new: u32) {
        self.shared.fleets[fleet].0.store(percent_new, Ordering::Relaxed);
    }

    /// How many percent of a fleet are new.
    pub fn deployed(&self, fleet: usize) -> u32 {
        self.shared.fleets[fleet].0.load(Ordering::Relaxed)
    }

    /// Waits until no request of the old (or new) clients of a fleet is under way.
    pub fn drained(&self, fleet: usize, is_new: bool) {
        while self.shared.fleets[fleet].1[usize::from(is_new)].load(Ordering::Relaxed) > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How much has gone wrong so far.
    pub fn is_troubled(&self) -> bool {
        !lock(&self.shared.troubles).is_empty()
    }

    /// Ends it when all requests have been answered.
    pub fn stop(self) -> Seen {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        let shared = Arc::into_inner(self.shared).unwrap();
        let into = |list: Mutex<Vec<Sample>>| list.into_inner().unwrap_or_else(PoisonError::into_inner);
        Seen {
            model: shared.model.into_inner().unwrap_or_else(PoisonError::into_inner),
            samples: into(shared.samples),
            troubles: shared.troubles.into_inner().unwrap_or_else(PoisonError::into_inner),
            generations: shared.fleets.iter().map(|(new, _)| new.load(Ordering::Relaxed)).collect(),
        }
    }

    /// The database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Seen {
    /// Nothing yet; all clients are old.
    pub fn nothing(scenario: &Scenario) -> Self {
        Self {
            model: Model::new(scenario.base()),
            samples: Vec::new(),
            troubles: Vec::new(),
            generations: vec![0; scenario.fleet.len()],
        }
    }

    /// A copy, for another life of the same database.
    pub fn fork(&self) -> Self {
        Self {
            model: self.model.clone(),
            samples: Vec::new(),
            troubles: Vec::new(),
            generations: self.generations.clone(),
        }
    }

    /// Compares a view of everything with what was acknowledged; nobody may write meanwhile.
    pub fn compare(&self, url: &str, sql: &str, scenario: &Scenario, clock: Clock) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = open(url, locks::CLIENT).await.unwrap();
            compare(&client, sql, scenario, &self.model, &clock).await.unwrap_or_else(|e| vec![e.to_string()])
        })
    }
}

async fn run(shared: Arc<Shared>, url: String, options: Options) {
    let (give, take) = unbounded_channel();
    let take = Arc::new(tokio::sync::Mutex::new(take));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..options.connections {
        clients.spawn(client(shared.clone(), url.clone(), take.clone()));
    }
    for at in 0..shared.scenario.long.len() {
        clients.spawn(long(shared.clone(), url.clone(), at));
    }
    let begin = shared.clock.now();
    let between = 1_000_000_000 / u64::from(options.rate);
    for count in 0_u64.. {
        if shared.is_stopped() {
            break;
        }
        let at = begin + count * between;
        tokio::time::sleep_until(shared.clock.at(at).into()).await;
        let due = choose(&shared, at);
        shared.fleets[due.fleet].1[usize::from(due.is_new)].fetch_add(1, Ordering::Relaxed);
        let _ = give.send(due);
    }
    drop(give);
    while clients.join_next().await.is_some() {}
}

/// Which fleet, which of its generations, and what.
fn choose(shared: &Shared, at: u64) -> Due {
    let mut random = rand::rng();
    let fleets = &shared.scenario.fleet;
    let fleet = weighted(fleets.iter().map(|f| f.share), &mut random);
    let percent = shared.fleets[fleet].0.load(Ordering::Relaxed);
    let is_new = random.random_range(0..100) < percent;
    let requests = of(&fleets[fleet], is_new);
    let op = weighted(requests.keys().map(|op| op.weight()), &mut random);
    let op = *requests.keys().nth(op).unwrap();
    Due { at, fleet, is_new, op }
}

fn of(fleet: &Fleet, is_new: bool) -> &std::collections::BTreeMap<Op, Statements> {
    if is_new { &fleet.new } else { &fleet.old }
}

fn weighted(weights: impl Iterator<Item = u32> + Clone, random: &mut impl rand::Rng) -> usize {
    let mut left = random.random_range(0..weights.clone().sum::<u32>().max(1));
    for (at, weight) in weights.enumerate() {
        if left < weight {
            return at;
        }
        left -= weight;
    }
    0
}

/// A connection that answers requests, and is opened again when it is lost.
async fn client(shared: Arc<Shared>, url: String, due: Arc<tokio::sync::Mutex<UnboundedReceiver<Due>>>) {
    let mut line: Option<Line> = None;
    loop {
        if line.as_ref().is_none_or(|line| line.client.is_closed()) {
            line = open(&url, locks::CLIENT).await.ok().map(Line::new);
            if line.is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        }
        let Some(open) = line.as_mut() else { continue };
        let Some(next) = due.lock().await.recv().await else { return };
        let say = &of(&shared.scenario.fleet[next.fleet], next.is_new)[&next.op];
        let outcome = perform(&shared, open, next.op, say).await;
        let verdict = match outcome {
            Ok(()) => Verdict::Right,
            Err(trouble) => {
                let name = &shared.scenario.fleet[next.fleet].name;
                let age = if next.is_new { "new" } else { "old" };
                let (verdict, text) = match trouble {
                    Trouble::Failed(text) => (Verdict::Failed, text),
                    Trouble::Wrong(text) => (Verdict::Wrong, text),
                };
                shared.trouble(next.at, format!("{name}, {age}, {:?}: {text}", next.op));
                verdict
            }
        };
        shared.note(next.at, shared.clock.now(), verdict);
        shared.fleets[next.fleet].1[usize::from(next.is_new)].fetch_sub(1, Ordering::Relaxed);
    }
}

/// A query that lasts, again and again. Only its errors are counted: it is long by itself.
async fn long(shared: Arc<Shared>, url: String, which: usize) {
    let query = &shared.scenario.long[which];
    let fleet = shared.scenario.fleet.iter().position(|f| f.name == query.fleet).unwrap_or(0);
    let mut line = None;
    while !shared.is_stopped() {
        if line.as_ref().is_none_or(tokio_postgres::Client::is_closed) {
            line = open(&url, locks::CLIENT).await.ok();
        }
        let began = shared.clock.now();
        if let Some(client) = &line {
            let counts = &shared.fleets[fleet];
            let is_new = counts.0.load(Ordering::Relaxed) >= 100;
            counts.1[usize::from(is_new)].fetch_add(1, Ordering::Relaxed);
            let sql = if is_new { &query.new } else { &query.old };
            if let Err(error) = client.simple_query(sql).await {
                shared.trouble(began, format!("a long query of {}: {error:?}", query.fleet));
                shared.note(began, shared.clock.now(), Verdict::Failed);
            }
            counts.1[usize::from(is_new)].fetch_sub(1, Ordering::Relaxed);
        }
        let next = shared.clock.at(began) + Duration::from_millis(query.every_ms);
        tokio::time::sleep_until(next.into()).await;
    }
}

/// Opens a connection under a name.
pub async fn open(url: &str, name: &str) -> Result<tokio_postgres::Client, String> {
    let mut params = ConnParams::parse(url, &|_| None).map_err(|e| e.to_string())?;
    params.application_name = name.to_owned();
    let connected = connect(&params).await.map_err(|e| e.to_string())?;
    Ok(connected.client)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
