//! A backfill is killed again and again while clients are at work: the run, its session, and a process of the server,
//! which takes all sessions with it. The same command goes on, and no write that was acknowledged is lost.
//!
//! The crash test (`crash/`) kills at every boundary, without clients, and compares everything; here is what clients see.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use cutover_engine::server::{Binaries, Lookup};
use cutover_testkit::{note, repository};
use cutover_workload::play::{Play, Played};
use cutover_workload::rollout::{self, Pace};
use cutover_workload::scenario::Scenario;
use cutover_workload::stage::Stage;
use cutover_workload::traffic::Options;

const OPTIONS: Options = Options { rate: 300, connections: 16, hot: 0 };
const PACE: Pace = Pace { dwell: Duration::from_millis(200), patience: Duration::ZERO };

/// How a run is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// SIGKILL to the run.
    Run,
    /// `pg_terminate_backend` of its session.
    Session,
    /// SIGKILL to the server's process of its session: the server starts again, by way of its log.
    Server,
}

/// Processes of the server that work for a run.
const OURS: &str =
    "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'cutover%' AND pid <> pg_backend_pid()";

#[test]
fn a_backfill_that_is_killed_under_load_loses_nothing() {
    let mut scenario =
        Scenario::read(&repository().join("examples/retire-join-table/workload.toml")).unwrap();
    // so many that the fastest machine is not done before the last kill
    scenario.rows = 100_000;
    for way in [Way::Run, Way::Session, Way::Server] {
        let (played, kills) = killed(&scenario, way);
        let lost = played.lost(&scenario, false);
        let whole = &played.whole;
        note(&format!(
            "{way:?}: killed {kills} times, {} requests, {} failed, {} wrong, {} lost, longest {:.0} ms",
            whole.requests,
            whole.failed,
            whole.wrong,
            lost.len(),
            whole.max
        ));
        assert!(kills >= 3, "{way:?}: the backfill was over too soon");
        assert_eq!((whole.wrong, lost), (0, Vec::new()), "{way:?}: {:?}", played.seen.troubles);
        // who loses the server loses requests; otherwise nobody notices
        let is_noticed = whole.failed > 0;
        assert_eq!(is_noticed, way == Way::Server, "{way:?}: {:?}", played.seen.troubles);
    }
}

/// Takes the rollout through, killing each run of its backfill but the last; gives how often.
fn killed(scenario: &Scenario, way: Way) -> (Played, usize) {
    let binaries = Binaries::find(&Lookup::from_env()).unwrap();
    let stage = Stage::start(&binaries, Path::new(env!("CARGO_BIN_EXE_cutover")));
    let database = stage.fill(scenario, &repository().join("examples/retire-join-table"));
    let mut play = Play::begin(&stage, scenario, database, OPTIONS, None);
    let steps = rollout::open(&stage, &play.database.url());
    let backfill = steps.iter().position(|step| step.id == "0004").unwrap();
    for step in &steps[..backfill] {
        rollout::up(&mut play, step, PACE);
    }
    let kills = play.span("killed", |play| kill_all(&stage, play, way));
    let done = "SELECT coalesce(sum(batches), 0) FROM cutover.backfill_range WHERE NOT done";
    let batches = stage.ask(&play.database.url(), done);
    assert_ne!(batches, "0", "{way:?}: no run was killed between batches");
    for step in &steps[backfill..] {
        rollout::up(&mut play, step, PACE);
    }
    (play.end(), kills)
}

/// Five times, each a little later in its run.
fn kill_all(stage: &Stage, play: &Play<'_>, way: Way) -> usize {
    let url = play.database.url();
    let mut kills = 0;
    for wait in [150_u64, 250, 350, 450, 550] {
        let mut run = stage.project.spawn(&["upgrade", "0004", "--wait", "30s", "--url", &url]);
        std::thread::sleep(Duration::from_millis(wait));
        if run.try_wait().unwrap().is_some_and(|status| status.success()) {
            break;
        }
        kill(stage, &url, way, &mut run);
        run.wait().unwrap();
        kills += 1;
        if way == Way::Server {
            // until it takes connections again
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    kills
}

fn kill(stage: &Stage, url: &str, way: Way, run: &mut Child) {
    match way {
        Way::Run => run.kill().unwrap(),
        Way::Session => {
            stage.ask(url, &format!("SELECT count(pg_terminate_backend(pid)) FROM ({OURS}) AS ours"));
        }
        Way::Server => {
            let pids = stage.ask(url, OURS);
            if let Some(pid) = pids.lines().next() {
                Command::new("kill").args(["-9", pid]).status().unwrap();
            } else {
                run.kill().unwrap();
            }
        }
    }
}
