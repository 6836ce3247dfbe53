//! All lives of a rollout: through to its end, and undone from each of its steps, under load all the time.
//!
//! After each step the database is copied, with what the clients know of it, and the copy goes back to where it came
//! from.

use std::time::Duration;

use cutover_engine::server::ScratchDatabase;

use crate::clock::Clock;
use crate::play::{Play, Played};
use crate::record::Summary;
use crate::rollout::{self, Pace, Step};
use crate::scenario::Scenario;
use crate::stage::Stage;
use crate::traffic::{Options, Seen};

/// What one life was like.
#[derive(Clone, Debug)]
pub struct Life {
    /// `to the end`, or `back from 0004`.
    pub name: String,
    /// What the clients saw in each span.
    pub spans: Vec<Summary>,
    /// Errors and wrong answers.
    pub troubles: Vec<String>,
    /// Rows that are not what was acknowledged, at its end.
    pub lost: Vec<String>,
}

/// A database as it was after a step.
struct Kept {
    after: String,
    database: ScratchDatabase,
    seen: Seen,
}

/// From which steps a rollout is undone.
#[derive(Clone, Copy, Debug)]
pub struct Undone {
    /// From every so many.
    pub every: usize,
    /// Beginning with this one, from 0.
    pub from: usize,
}

impl Undone {
    fn has(self, step: usize) -> bool {
        step % self.every.max(1) == self.from % self.every.max(1)
    }
}

/// Plays all of them, or a sample. The first span of the first life is without any migration: what the machine adds.
pub fn play(
    stage: &Stage,
    scenario: &Scenario,
    database: ScratchDatabase,
    options: Options,
    pace: Pace,
    undone: Undone,
) -> Vec<Life> {
    let clock = Clock::start();
    let steps = rollout::open(stage, &database.url());
    assert!(!steps.is_empty(), "{} has no revisions", scenario.name);
    let (end, kept) = up(stage, scenario, database, options, pace, (&steps, undone), clock);
    let mut lives = vec![end];
    for one in kept {
        lives.push(back(stage, scenario, one, options, pace, clock));
    }
    lives
}

fn up(
    stage: &Stage,
    scenario: &Scenario,
    mut database: ScratchDatabase,
    options: Options,
    pace: Pace,
    (steps, undone): (&[Step], Undone),
    clock: Clock,
) -> (Life, Vec<Kept>) {
    let mut life = Life::new("to the end");
    let mut kept = Vec::new();
    let mut seen = Seen::nothing(scenario);
    let mut is_whole = true;
    for (at, step) in steps.iter().enumerate() {
        let mut play = Play::begin(stage, scenario, database, options, Some((clock, seen.fork())));
        if at == 0 {
            play.rest("no migration", pace.dwell.max(Duration::from_secs(1)));
        }
        rollout::up(&mut play, step, pace);
        let played = play.end();
        life.take(&played);
        is_whole = is_whole && rollout::is_reversible(stage, step);
        if is_whole && undone.has(at) {
            let (database, seen) = (stage.copy(&played.database), played.seen.fork());
            kept.push(Kept { after: step.id.clone(), database, seen });
        }
        if at + 1 == steps.len() {
            life.lost = played.lost(scenario, false);
        }
        database = played.database;
        seen = played.seen;
    }
    (life, kept)
}

fn back(stage: &Stage, scenario: &Scenario, kept: Kept, options: Options, pace: Pace, clock: Clock) -> Life {
    let mut life = Life::new(&format!("back from {}", kept.after));
    let mut play = Play::begin(stage, scenario, kept.database, options, Some((clock, kept.seen)));
    rollout::down(&mut play, &scenario.rollout.base, pace);
    rollout::take_back(&mut play, pace);
    play.rest("undone", pace.dwell);
    let played = play.end();
    assert_eq!(played.seen.generations, vec![0; scenario.fleet.len()], "clients that were not taken back");
    life.take(&played);
    life.lost = played.lost(scenario, true);
    life
}

impl Life {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), spans: Vec::new(), troubles: Vec::new(), lost: Vec::new() }
    }

    fn take(&mut self, played: &Played) {
        self.spans.extend(played.spans.iter().cloned());
        self.troubles.extend(played.seen.troubles.iter().map(|(_, text)| text.clone()));
    }

    /// Requests, and those that failed or were answered wrongly.
    pub fn requests(&self) -> (usize, usize, usize) {
        let sum = |of: fn(&Summary) -> usize| self.spans.iter().map(of).sum();
        (sum(|s| s.requests), sum(|s| s.failed), sum(|s| s.wrong))
    }

    /// The span with the longest wait for a lock.
    pub fn longest_wait(&self) -> Option<&Summary> {
        self.spans.iter().max_by(|a, b| a.lock_wait.total_cmp(&b.lock_wait))
    }
}
