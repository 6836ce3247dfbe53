//! The crash test: the planner example goes up and down, and is killed before and after every
//! statement, in four ways. The same command, run again, has to end as if nothing had happened.
//!
//! By default each revision by itself is killed by SIGKILL at every point and in the other ways at
//! every third, and a run through all revisions at a sample. `CUTOVER_CRASH_ALL=1` does all of it
//! everywhere.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod boundaries;
mod middle;
mod relay;
mod rollout;
mod stage;
mod ways;
mod wire;

use std::io::Write as _;
use std::time::Instant;

use boundaries::Report;
use cutover_engine::server::{Binaries, Lookup};
use stage::{Revision, Stage};
use ways::WAYS;

/// The example's revisions, in an order in which each can be undone alone.
const PLANNER: [Revision; 12] = [
    ("0001", "base"),
    ("0002", "0001"),
    ("0003", "0002"),
    ("0004", "0003"),
    ("0005", "0004"),
    ("0006", "0005"),
    ("0007", "0006"),
    ("0008", "0007"),
    ("0010", "0008"),
    ("0009", "reporting@base"),
    ("0011", "0010"),
    ("0012", "fuzzy@base"),
];

/// What the search branch needs, and its one revision, for which a server has to have pgvector.
const SEARCH: [Revision; 7] =
    [PLANNER[0], PLANNER[1], PLANNER[2], PLANNER[3], PLANNER[4], PLANNER[5], ("0013", "search@base")];

#[test]
fn killed_before_and_after_every_statement_it_ends_the_same() {
    let began = Instant::now();
    let report = boundaries::kill(&newest(), &PLANNER, "0001", true);
    finish(report, "PostgreSQL", began);
}

#[test]
fn killed_in_the_middle_of_a_concurrent_index_it_ends_the_same() {
    let began = Instant::now();
    let (killed, wrong) = in_the_middle(&newest(), &PLANNER, &["0006", "0012"]);
    // five indexes, up and down
    assert_eq!(killed, 5 * 2 * WAYS.len());
    tell(&format!("killed in the middle of {killed} concurrent statements"), began);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_revision_with_pgvector_ends_the_same() {
    let began = Instant::now();
    let Some(dir) = std::env::var_os("CUTOVER_TEST_PG18") else {
        assert!(std::env::var_os("CI").is_none(), "CI has to have PostgreSQL 18: scripts/setup --tests");
        return;
    };
    let binaries = Binaries::in_dir(dir.as_ref()).unwrap();
    finish(boundaries::kill(&binaries, &SEARCH, "0013", false), "PostgreSQL 18", began);
    let (killed, wrong) = in_the_middle(&binaries, &SEARCH, &["0013"]);
    assert_eq!(killed, 2 * WAYS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_rollout_that_is_killed_anywhere_ends_the_same() {
    let began = Instant::now();
    let report = boundaries::kill_on(|| rollout::prepare(&newest()));
    let Report { killed, wrong, .. } = report;
    tell(&format!("the rollout: killed at {killed:?} points; {} ended otherwise", wrong.len()), began);
    assert!(wrong.is_empty(), "{}", wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n"));
    assert!(killed[0] >= 60 && killed.iter().all(|count| *count >= 20), "too few points: {killed:?}");
}

fn newest() -> Binaries {
    Binaries::find(&Lookup::from_env()).unwrap()
}

fn in_the_middle(binaries: &Binaries, revisions: &[Revision], wanted: &[&str]) -> (usize, Vec<String>) {
    let mut stage = Stage::start(binaries);
    let legs = stage.legs(revisions);
    let done = legs.iter().filter(|leg| wanted.contains(&leg.id)).map(|leg| middle::kill(&mut stage, leg));
    done.fold((0, Vec::new()), |(killed, wrong), (more, errors)| (killed + more, [wrong, errors].concat()))
}

/// Says how many points there were, and fails when one of them went wrong.
fn finish(report: Report, server: &str, began: Instant) {
    let Report { killed, statements, wrong } = report;
    let total: usize = killed.iter().sum();
    let ways: Vec<String> = WAYS.iter().zip(killed).map(|(way, count)| format!("{way:?} {count}")).collect();
    let (ways, failed) = (ways.join(", "), wrong.len());
    tell(
        &format!(
            "{server}: killed at {total} points ({ways}) of {statements} statements; {failed} ended otherwise"
        ),
        began,
    );
    let shown: Vec<String> = wrong.iter().take(20).cloned().collect();
    assert!(wrong.is_empty(), "{failed} of {total} ended otherwise, among them:\n{}", shown.join("\n"));
    assert!(statements > 0 && killed[0] >= 2 * statements, "too few points: {killed:?}");
    assert!(killed.iter().all(|count| *count >= 2 * statements / 3), "too few points: {killed:?}");
}

/// The numbers are the result, so they are shown and not captured.
fn tell(what: &str, began: Instant) {
    let line = format!("crash test: {what}, in {:.0} s\n", began.elapsed().as_secs_f64());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
