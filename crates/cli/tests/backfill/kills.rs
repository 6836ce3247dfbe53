//! Killed in the middle of batches, again and again: every row is touched once.

use std::process::{Child, Stdio};
use std::time::Duration;

use cutover_engine::server::{Binaries, Lookup, Stop};
use cutover_testkit::{Project, psql};

use super::stage::{CUTOVER, Own, Stage, servers};

/// Rows, each of which takes a millisecond and more.
const ROWS: u32 = 3000;

const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); CREATE TABLE log (t int); \
     INSERT INTO t SELECT i FROM generate_series(1, 3000) AS i";

/// Not idempotent, and slow enough to be killed inside a batch.
const UPDATE: &str = "UPDATE t SET n = n + 1 + (pg_sleep(0.0005) IS NULL)::int;";
const INSERT: &str = "INSERT INTO log SELECT id + (pg_sleep(0.0005) IS NULL)::int FROM t;";

fn start(project: &Project) -> Child {
    let mut command = project.command(&["upgrade", "--wait", "30s"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Times after which a run is killed, in milliseconds: before the first batch, within one, between.
const TIMES: [u64; 6] = [60, 150, 240, 330, 700, 1100];

#[test]
fn a_runner_that_is_killed_in_a_batch_is_followed_by_one_that_goes_on() {
    for server in servers() {
        for (workers, statement) in [(1, UPDATE), (3, UPDATE), (2, INSERT)] {
            let backfill = format!("--@ backfill t by id with batch = 200, workers = {workers}\n{statement}");
            let stage = Stage::new(server, SETUP, &backfill);
            let mut inside = 0;
            for wait in TIMES {
                let mut child = start(&stage.project);
                std::thread::sleep(Duration::from_millis(wait));
                child.kill().unwrap();
                child.wait().unwrap();
                // with the next run at once: the old batch may still be at work on the server
                inside += stage
                    .ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%backfill_range%FOR UPDATE%' AND pid <> pg_backend_pid()")
                    .parse::<u32>()
                    .unwrap();
            }
            stage.done();
            if statement == UPDATE {
                assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
            } else {
                assert_eq!(
                    stage.ask("SELECT count(*), count(DISTINCT t) FROM log"),
                    format!("{ROWS}|{ROWS}")
                );
            }
            assert!(inside > 0, "no kill was inside a batch");
        }
    }
}

#[test]
fn a_session_that_is_ended_in_a_batch_ends_the_run_and_the_next_one_goes_on() {
    for server in servers() {
        let backfill = format!("--@ backfill t by id with batch = 200, workers = 2\n{UPDATE}");
        let stage = Stage::new(server, SETUP, &backfill);
        let mut ended = 0;
        for _ in 0..3 {
            let mut child = start(&stage.project);
            let at_work = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                 AND query LIKE '%UPDATE t SET%' AND pid <> pg_backend_pid() LIMIT 1";
            stage.until(&format!("SELECT coalesce(pg_terminate_backend(({at_work})), false)"), "t");
            match child.wait().unwrap().code() {
                Some(1) => ended += 1,
                // it was the last batch of the second worker, and committed
                code => {
                    assert_eq!(code, Some(0));
                    break;
                }
            }
        }
        assert!(ended > 0, "no run was ended");
        stage.done();
        assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
    }
}

#[test]
fn a_server_that_crashes_in_a_batch_loses_rows_and_cursor_together() {
    let eighteen = std::env::var_os("CUTOVER_TEST_PG18").map(|dir| Binaries::in_dir(dir.as_ref()).unwrap());
    for binaries in [Some(Binaries::find(&Lookup::from_env()).unwrap()), eighteen].into_iter().flatten() {
        let mut own = Own::start(&binaries, &[]);
        let url = own.cluster.url("postgres");
        psql(&own.cluster, &url, SETUP);
        let project = Project::new(CUTOVER, Some(&url));
        let backfill = format!("--@ backfill t by id with batch = 100, workers = 2\n{UPDATE}");
        project.revision("0001", "base", &backfill, "SELECT 1;");
        for wait in [300, 500, 900] {
            let mut child = start(&project);
            std::thread::sleep(Duration::from_millis(wait));
            own.cluster.stop(Stop::Immediate).unwrap();
            assert_ne!(child.wait().unwrap().code(), Some(0));
            own.cluster.start_again().unwrap();
        }
        project.ok(&["upgrade"]);
        assert_eq!(psql(&own.cluster, &url, "SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
        assert_eq!(psql(&own.cluster, &url, "SELECT count(*) FROM cutover.backfill_range"), "0");
    }
}

#[test]
fn an_edited_statement_does_not_go_on_where_the_old_one_was() {
    let backfill = format!("--@ backfill t by id with batch = 100\n{UPDATE}");
    let stage = Stage::new(servers()[0], SETUP, &backfill);
    let mut child = start(&stage.project);
    let begun = "SELECT count(*) > 0 FROM pg_class WHERE oid = to_regclass('cutover.backfill_range')";
    stage.until(begun, "t");
    stage.until("SELECT coalesce(sum(batches), 0) > 1 FROM cutover.backfill_range", "t");
    child.kill().unwrap();
    child.wait().unwrap();
    let edited = "--@ backfill t by id with batch = 100\nUPDATE t SET n = n + 2;";
    stage.project.revision("0001", "base", edited, "SELECT 1;");
    let failed = stage.upgrade();
    assert_eq!(failed.code, 1);
    assert!(
        failed.err.contains("the statement was edited after")
            && failed.err.contains("put the old statement back"),
        "{}",
        failed.err
    );
    // how it goes may change, and comments
    let slower = format!("--@ backfill t by id with batch = 50, workers = 2\n-- as before\n{UPDATE}");
    stage.project.revision("0001", "base", &slower, "SELECT 1;");
    stage.done();
    assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
}

#[test]
fn a_half_done_upgrade_that_is_undone_begins_anew() {
    let done =
        "--@ backfill t by id with batch = 100\nUPDATE t SET n = n + 1 + (pg_sleep(0.0005) IS NULL)::int;";
    let stage = Stage::new(servers()[0], SETUP, done);
    stage.project.revision("0001", "base", done, "DROP TABLE IF EXISTS other;");
    let mut child = start(&stage.project);
    stage.until("SELECT to_regclass('cutover.backfill_range') IS NOT NULL", "t");
    stage.until("SELECT coalesce(sum(batches), 0) > 1 FROM cutover.backfill_range", "t");
    child.kill().unwrap();
    child.wait().unwrap();
    stage.project.ok(&["downgrade", "base", "--wait", "30s"]);
    assert_eq!(stage.ask("SELECT count(*) FROM cutover.backfill"), "0");
    stage.ask("UPDATE t SET n = 0");
    stage.project.ok(&["upgrade"]);
    assert_eq!(stage.ask("SELECT count(*) FROM cutover.step WHERE open"), "0");
    assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
}

#[test]
fn a_downgrade_that_is_killed_in_a_batch_goes_on() {
    let down = format!("--@ backfill t by id with batch = 100\n{UPDATE}\n--@ sql\nSELECT 1;");
    let stage = Stage::new(servers()[0], SETUP, "SELECT 1;");
    stage.project.revision("0001", "base", "SELECT 1;", &down);
    stage.project.ok(&["upgrade"]);
    for _ in 0..2 {
        let mut command = stage.project.command(&["downgrade", "base", "--wait", "30s"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = stage.ask("SELECT coalesce(sum(batches), 0) + 1 FROM cutover.backfill_range");
        stage.until(&format!("SELECT coalesce(sum(batches), 0) > {before} FROM cutover.backfill_range"), "t");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    stage.project.ok(&["downgrade", "base", "--wait", "30s"]);
    assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
    assert_eq!(
        stage.ask("SELECT (SELECT count(*) FROM cutover.backfill), (SELECT count(*) FROM cutover.revision)"),
        "0|0"
    );
}
