//! Another terminal, other sessions, and rows that come and go while a backfill runs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::stage::{Stage, servers};

const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); \
     INSERT INTO t SELECT i FROM generate_series(1, 4000) AS i";
const SLOW: &str =
    "--@ backfill t by id with batch = 50\nUPDATE t SET n = n + 1 + (pg_sleep(0.0005) IS NULL)::int;";

const BEGUN: &str = "SELECT to_regclass('cutover.backfill_range') IS NOT NULL";
const BATCHES: &str = "SELECT coalesce(sum(batches), 0) > 2 FROM cutover.backfill_range";

#[test]
fn another_terminal_sees_pauses_throttles_and_resumes() {
    for server in servers() {
        let stage = Stage::new(server, SETUP, SLOW);
        assert_eq!(stage.project.ok(&["backfill", "status"]), "no backfill has begun and is not done\n");
        stage.project.fails(&["backfill", "pause"], 1);
        let running = stage.project.spawn(&["upgrade"]);
        stage.until(BEGUN, "t");
        stage.until(BATCHES, "t");
        let said = stage.project.ok(&["backfill", "pause", "--note", "lunch"]);
        assert_eq!(said, "0001  paused\n");
        stage.until("SELECT state LIKE 'waits: paused by %: lunch' FROM cutover.backfill", "t");
        let at = stage.ask("SELECT sum(seen) FROM cutover.backfill_range");
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(stage.ask("SELECT sum(seen) FROM cutover.backfill_range"), at);
        let (status, code) = stage.project.json(&["backfill", "status"]);
        assert_eq!(code, 0);
        let one = &status["backfills"][0];
        assert_eq!((one["running"].as_bool(), one["table"].as_str()), (Some(true), Some("public.t")));
        assert!(one["paused"].as_str().unwrap().ends_with(": lunch"), "{one}");
        assert!(one["rows"].as_u64().unwrap() > 0 && one["rows_expected"].as_u64().unwrap() >= 1000, "{one}");

        stage.project.ok(&["backfill", "throttle", "100/s"]);
        stage.project.ok(&["backfill", "resume", "0001"]);
        stage.until("SELECT state LIKE 'slow: throttled to 100 rows/s' FROM cutover.backfill", "t");
        let (before, began) = (seen(&stage), Instant::now());
        std::thread::sleep(Duration::from_secs(3));
        let rate = (seen(&stage) - before) as f64 / began.elapsed().as_secs_f64();
        assert!((40.0..160.0).contains(&rate), "{rate} rows/s");
        let text = stage.project.ok(&["backfill", "status"]);
        assert!(text.contains("throttle  100 rows/s"), "{text}");

        stage.project.ok(&["backfill", "throttle", "off"]);
        let output = running.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{err}");
        assert!(err.contains("waits: paused by"), "{err}");
        stage.is_closed();
        assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), "1|4000");
    }
}

fn seen(stage: &Stage) -> u64 {
    stage.ask("SELECT sum(seen) FROM cutover.backfill_range").parse().unwrap()
}

#[test]
fn a_pause_outlives_the_run_and_a_rate_that_is_none_is_refused() {
    let stage = Stage::new(servers()[0], SETUP, SLOW);
    let mut running = stage.project.spawn(&["upgrade"]);
    stage.until(BEGUN, "t");
    stage.until(BATCHES, "t");
    stage.project.ok(&["backfill", "pause"]);
    running.kill().unwrap();
    running.wait().unwrap();
    for wrong in ["0", "fast", "100%", "0%", "-3/s"] {
        let done = stage.project.run(&["backfill", "throttle", "--", wrong]);
        assert_eq!(done.code, 2, "{wrong}: {}{}", done.out, done.err);
    }
    stage.until("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", "0");
    let text = stage.project.ok(&["backfill", "status"]);
    assert!(text.contains("and nobody runs it"), "{text}");
    let before = seen(&stage);
    let running = stage.project.spawn(&["upgrade"]);
    stage.until(
        "SELECT state LIKE 'waits: paused by %' AND state_at > now() - interval '2 s' FROM cutover.backfill",
        "t",
    );
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(seen(&stage), before);
    stage.project.ok(&["backfill", "resume"]);
    assert!(running.wait_with_output().unwrap().status.success());
    assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), "1|4000");
}

#[test]
fn a_row_that_another_holds_is_not_waited_for_with_others_in_hand() {
    let stage =
        Stage::new(servers()[0], SETUP, "--@ backfill t by id with batch = 500\nUPDATE t SET n = n + 1;");
    let psql = stage.server.cluster().binaries().tool("psql");
    let holder = Command::new(psql)
        .args([
            "-XqAt",
            "-d",
            &stage.database.url(),
            "-c",
            "BEGIN; UPDATE t SET n = n WHERE id = 2222; SELECT pg_sleep(3); COMMIT",
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    stage.until(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
        "1",
    );
    let running = stage.project.spawn(&["upgrade"]);
    stage.until(BEGUN, "t");
    // while the row is held nobody who wants another row of the batch waits longer than a moment
    let mut longest = Duration::ZERO;
    for _ in 0..10 {
        let began = Instant::now();
        stage.ask("SET statement_timeout = 5000; UPDATE t SET n = n WHERE id IN (2200, 2221)");
        longest = longest.max(began.elapsed());
        std::thread::sleep(Duration::from_millis(100));
    }
    let output = running.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{err}");
    assert!(err.contains("rows are locked by others"), "{err}");
    assert!(longest < Duration::from_millis(900), "{longest:?}");
    holder.wait_with_output().unwrap();
    assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), "1|4000");
}

#[test]
fn rows_that_come_behind_the_end_are_left_to_the_dual_write() {
    let stage = Stage::new(servers()[0], SETUP, SLOW);
    let running = stage.project.spawn(&["upgrade"]);
    stage.until(BEGUN, "t");
    stage.until(BATCHES, "t");
    stage.ask("INSERT INTO t SELECT i FROM generate_series(4001, 5000) AS i; DELETE FROM t WHERE id > 3990 AND id <= 4000");
    assert!(running.wait_with_output().unwrap().status.success());
    stage.is_closed();
    assert_eq!(
        stage.ask("SELECT id > 4000, n, count(*) FROM t GROUP BY 1, 2 ORDER BY 1"),
        "f|1|3990\nt|0|1000"
    );
}

#[test]
fn both_directions_and_the_script_end_in_the_same_ledger() {
    let ledger = "SELECT id, message, how FROM cutover.revision; \
         SELECT revision, direction, ordinal, steps, kind, checksum, state, open FROM cutover.step ORDER BY id; \
         SELECT count(*) FROM cutover.backfill; SELECT format FROM cutover.ledger";
    let server = servers()[0];
    let up = "CREATE INDEX ON t (n);\n--@ backfill t by id\nUPDATE t SET n = n + 1;\n--@ sql\nSELECT 1;";
    let down = "--@ backfill t by id with workers = 2\nUPDATE t SET n = n - 1;";
    let make = || {
        let stage = Stage::new(server, SETUP, up);
        stage.project.revision("0001", "base", up, down);
        stage
    };
    let (run, scripted) = (make(), make());
    for command in ["upgrade", "downgrade"] {
        let target = if command == "upgrade" { "head" } else { "base" };
        run.project.ok(&[command, target]);
        let script = scripted.project.ok(&[command, target, "--sql"]);
        scripted.project.write("script.sql", &script);
        let psql = server.cluster().binaries().tool("psql");
        let file = scripted.project.folder().join("script.sql");
        let output = Command::new(psql)
            .args(["-X", "-d", &scripted.database.url(), "-f"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(run.ask(ledger), scripted.ask(ledger), "{command}");
        let rows = "SELECT n, count(*) FROM t GROUP BY n";
        assert_eq!(run.ask(rows), if command == "upgrade" { "1|4000" } else { "0|4000" });
        assert_eq!(run.ask(rows), scripted.ask(rows));
    }
}

#[test]
fn a_joined_table_without_an_index_is_told_and_batches_stay_large() {
    let setup = format!(
        "{SETUP}; CREATE TABLE u (t int, pad text); INSERT INTO u SELECT i, repeat('x', 100) FROM generate_series(1, 100000) AS i; ANALYZE"
    );
    let backfill = "--@ backfill t by id with time = 1ms\nUPDATE t SET n = n + 1 FROM u WHERE u.t = t.id;";
    let stage = Stage::new(servers()[0], &setup, backfill);
    let told = stage.done();
    assert!(told.contains("each batch reads all of u: an index"), "{told}");
    assert!(told.contains("4,000 rows changed in 1 batch,"), "{told}");
    assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), "1|4000");
}

#[test]
fn what_the_planner_guesses_is_called_a_guess() {
    let setup = format!("{SETUP}; CREATE TABLE u (t int PRIMARY KEY); INSERT INTO u VALUES (1); ANALYZE t");
    let backfill = "--@ backfill t by id\nUPDATE t SET n = n + 1 FROM u WHERE u.t = t.id;";
    let told = Stage::new(servers()[0], &setup, backfill).done();
    assert!(told.contains("of WAL (a guess: ANALYZE has never seen u)"), "{told}");
    let analyzed = Stage::new(servers()[0], &format!("{setup}; ANALYZE u"), backfill).done();
    assert!(!analyzed.contains("a guess"), "{analyzed}");
}
