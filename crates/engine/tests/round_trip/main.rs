//! The round trip: load one schema, apply the difference to another, and be there; and back again.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod kitchen_sink;
mod pair;
mod random;
mod trip;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cutover_core::diff::Options;
use cutover_engine::server::Scratch;
use pair::Pair;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The fixtures, or those whose name has a text that `CUTOVER_PAIR` says.
fn pairs() -> Vec<Pair> {
    let root = cutover_testkit::repository().join("fixtures/pairs");
    let mut files: Vec<PathBuf> = Vec::new();
    for area in std::fs::read_dir(&root).unwrap().flatten().filter(|e| e.path().is_dir()) {
        files.extend(std::fs::read_dir(area.path()).unwrap().flatten().map(|e| e.path()));
    }
    files.sort();
    let wanted = std::env::var("CUTOVER_PAIR").unwrap_or_default();
    let pairs =
        files.iter().filter(|path| path.extension().is_some_and(|e| e == "sql")).map(|path| Pair::read(path));
    pairs.filter(|pair| pair.name.contains(&wanted)).collect()
}

/// What is tried with a pair.
#[derive(Clone, Copy)]
enum Trip {
    /// From the one to the other and back.
    ThereAndBack,
    /// From nothing to what is wanted, and to nothing again.
    FromNothing,
    /// From the one to the other and back, where the two have nothing to do with each other.
    Strangers,
}

/// Goes on every trip that the server can load; fails with the list of those that went wrong.
fn all(server: &Scratch, trip: Trip) {
    cutover_testkit::psql(server, &server.url("postgres"), ROLES);
    let has = "SELECT name FROM pg_available_extensions UNION ALL \
        SELECT 'icu' WHERE (SELECT count(*) FROM pg_collation WHERE collprovider = 'i') > 9";
    let has = cutover_testkit::psql(server, &server.url("postgres"), has);
    let can = |pair: &Pair| {
        pair.server <= server.major() && pair.needs.iter().all(|need| has.lines().any(|line| line == need))
    };
    let mut pairs: Vec<Pair> = pairs().into_iter().filter(can).collect();
    if let Trip::Strangers = trip {
        pairs = strangers(&pairs);
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = runtime();
                while let Some(pair) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let owners = pair.name.contains("owners/");
                    let grants = owners || pair.name.contains("grants/");
                    let options = Options { grants, owners, ..Options::default() };
                    let result = match trip {
                        Trip::ThereAndBack | Trip::Strangers => {
                            runtime.block_on(trip::round(server, pair, &options))
                        }
                        Trip::FromNothing => runtime.block_on(trip::from_nothing(server, pair, &options)),
                    };
                    if let Err(problem) = result {
                        wrong.lock().unwrap().push(format!("{}: {problem}", pair.name));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    let line = format!("{} pairs on PostgreSQL {}, {} wrong\n", pairs.len(), server.major(), wrong.len());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Pairs of one schema and another that happens to use the same names. `CUTOVER_STRANGERS` says how many, and
/// `CUTOVER_SEED` which.
fn strangers(pairs: &[Pair]) -> Vec<Pair> {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    // a table becomes one of a type only with the type's columns in the type's order
    let pairs: Vec<&Pair> = pairs.iter().filter(|pair| !pair.name.contains("/typed")).collect();
    let mut random = StdRng::seed_from_u64(number("CUTOVER_SEED", 1));
    let mut side = || {
        let pair = pairs[random.random_range(0..pairs.len())];
        let (name, sql) = if random.random_bool(0.5) { ("from", &pair.from) } else { ("to", &pair.to) };
        (format!("{} ({name})", pair.name), sql.clone())
    };
    (0..number("CUTOVER_STRANGERS", 150))
        .map(|_| {
            let ((from_name, from), (to_name, to)) = (side(), side());
            let name = format!("{from_name} -> {to_name}");
            let everything = vec![String::new()];
            Pair { name, from, to, may_replace: everything, ..Pair::default() }
        })
        .collect()
}

const ROLES: &str = "DO $$ BEGIN CREATE ROLE app_reader; CREATE ROLE app_writer; \
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

#[test]
fn every_pair_goes_there_and_back() {
    all(cutover_testkit::server(), Trip::ThereAndBack);
}

#[test]
fn every_pair_goes_there_and_back_on_postgresql_18() {
    if let Some(server) = cutover_testkit::server_18() {
        all(server, Trip::ThereAndBack);
    }
}

#[test]
fn strangers_become_each_other() {
    all(cutover_testkit::server(), Trip::Strangers);
}

#[test]
fn strangers_become_each_other_on_postgresql_18() {
    if let Some(server) = cutover_testkit::server_18() {
        all(server, Trip::Strangers);
    }
}

#[test]
fn every_schema_is_built_from_nothing_and_taken_down() {
    all(cutover_testkit::server(), Trip::FromNothing);
}

#[test]
fn every_schema_is_built_from_nothing_and_taken_down_on_postgresql_18() {
    if let Some(server) = cutover_testkit::server_18() {
        all(server, Trip::FromNothing);
    }
}

#[test]
fn random_schemas_become_what_they_are_edited_to() {
    random::all(cutover_testkit::server(), 1000);
}

#[test]
fn random_schemas_become_what_they_are_edited_to_on_postgresql_18() {
    if let Some(server) = cutover_testkit::server_18() {
        random::all(server, 1000);
    }
}
