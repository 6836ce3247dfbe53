//! Every rollout under load: to its end, and undone from each of its steps, with old and new clients on both sides of every
//! deploy. No request fails, no answer is wrong, no write is lost, and nobody waits for long.
//!
//! One file in `fixtures/rollouts/` is one case, and so is the example. `CUTOVER_CASE=text` plays some of them. An ordinary
//! run is short and undoes every rollout from a fifth of its steps, others in each case; `CUTOVER_EVERY=1` undoes from each of
//! them, `CUTOVER_ROWS=200000` has as many rows as the files say, `CUTOVER_SECONDS=5` goes on for longer after each
//! step, `CUTOVER_RATE=1000` has more requests a second, and `CUTOVER_HOT=50` sends so many in a thousand to the same rows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cutover_core::rollout::recipe;
use cutover_engine::server::{Binaries, Lookup};
use cutover_testkit::{note, repository};
use cutover_workload::lives::{self, Life, Undone};
use cutover_workload::rollout::Pace;
use cutover_workload::scenario::Scenario;
use cutover_workload::stage::Stage;
use cutover_workload::traffic::Options;

/// The longest that a request may wait for a lock, beside what the machine adds.
const LOCK_WAIT_MS: f64 = 100.0;

/// Rows of an ordinary run: enough for a dozen of batches and more.
const ROWS: i64 = 20_000;

/// The files of the cases.
fn all_cases() -> Vec<PathBuf> {
    let mut found = vec![repository().join("examples/retire-join-table/workload.toml")];
    if let Ok(entries) = std::fs::read_dir(repository().join("fixtures/rollouts")) {
        found.extend(entries.flatten().map(|entry| entry.path()));
    }
    found.sort();
    found
}

/// Those that are asked for.
fn cases() -> Vec<PathBuf> {
    let wanted = std::env::var("CUTOVER_CASE").unwrap_or_default();
    all_cases().into_iter().filter(|path| path.to_string_lossy().contains(&wanted)).collect()
}

fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What is wrong with a case.
#[derive(Default)]
struct Problems {
    /// Requests that failed, answers that cannot be, writes that are lost: never the machine's.
    errors: Vec<String>,
    /// Waits that are too long.
    waits: Vec<String>,
}

impl Problems {
    /// Looks at a life, given what the machine adds, in milliseconds.
    fn look(&mut self, case: &str, life: &Life, noise: f64) {
        let (requests, failed, wrong) = life.requests();
        let (wait, limit) = (life.longest_wait().cloned().unwrap_or_default(), LOCK_WAIT_MS + noise);
        let line = format!(
            "{case}, {}: {requests} requests, {failed} failed, {wrong} wrong, {} lost; longest wait for a lock {:.1} ms of {limit:.0} ({} {})",
            life.name,
            life.lost.len(),
            wait.lock_wait,
            wait.name,
            wait.lock
        );
        note(&line);
        if requests < 50 || failed > 0 || wrong > 0 || !life.lost.is_empty() {
            let first = life.troubles.iter().take(10).chain(life.lost.iter().take(10));
            self.errors.push(format!("{line}\n{}", first.map(|l| format!("    {l}\n")).collect::<String>()));
        } else if wait.lock_wait >= limit {
            self.waits.push(line);
        }
    }
}

/// Plays a case.
fn play(binaries: &Binaries, path: &Path, from: usize) -> Problems {
    let began = Instant::now();
    let dwell = Duration::from_secs_f64(number("CUTOVER_SECONDS", 0.2));
    let (rate, hot) = (number("CUTOVER_RATE", 300), number("CUTOVER_HOT", 0));
    let mut scenario = Scenario::read(path).unwrap_or_else(|e| panic!("{e}"));
    scenario.rows = number("CUTOVER_ROWS", ROWS);
    let stage = Stage::start(binaries, Path::new(env!("CARGO_BIN_EXE_cutover")));
    let database = stage.fill(&scenario, path.parent().unwrap_or(Path::new(".")));
    let pace = Pace { dwell, patience: dwell };
    let undone = Undone { every: number("CUTOVER_EVERY", 5), from };
    let lives =
        lives::play(&stage, &scenario, database, Options { rate, connections: 16, hot }, pace, undone);
    let mut problems = Problems::default();
    lives.iter().for_each(|life| problems.look(&scenario.name, life, lives[0].spans[0].max));
    note(&format!("{}: {} lives in {:.1} s", scenario.name, lives.len(), began.elapsed().as_secs_f64()));
    problems
}

#[test]
fn every_recipe_has_a_case() {
    let played: Vec<String> = all_cases()
        .iter()
        .filter_map(|path| {
            Scenario::read(path).unwrap_or_else(|e| panic!("{e}")).rollout.recipe.first().cloned()
        })
        .collect();
    let missing: Vec<&str> = recipe::ALL
        .iter()
        .map(|recipe| recipe.name)
        // the example's revisions are what this one wrote
        .filter(|name| *name != "collapse-join-table" && !played.iter().any(|played| played == name))
        .collect();
    assert!(missing.is_empty(), "no case in fixtures/rollouts for {missing:?}");
}

#[test]
fn old_and_new_clients_live_through_every_rollout_and_its_undoing() {
    let binaries = Binaries::find(&Lookup::from_env()).unwrap_or_else(|e| panic!("{e}"));
    let mut wrong = Vec::new();
    for (at, path) in cases().into_iter().enumerate() {
        let mut problems = play(&binaries, &path, at);
        wrong.append(&mut problems.errors);
        if !problems.waits.is_empty() {
            // a wait that is the machine's does not come again
            let again = play(&binaries, &path, at);
            wrong.extend(again.errors.into_iter().chain(again.waits));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
