//! How a run behaves on a live server: locks, retries, journals, poolers, sessions.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cutover_testkit::{Project, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A session that holds something open until it is dropped.
struct Holder(std::process::Child);

impl Holder {
    /// Runs SQL in a transaction that stays open.
    fn open(url: &str, sql: &str) -> Self {
        use std::io::{BufRead, BufReader, Write};
        let psql = server().cluster().binaries().tool("psql");
        let mut child = Command::new(psql)
            .args(["-XqAt", "-d", url])
            .env("PGAPPNAME", "the holder")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{e}"));
        let input = child.stdin.as_mut().unwrap_or_else(|| panic!("no stdin"));
        writeln!(input, "BEGIN; {sql}; SELECT 'ready';").unwrap_or_else(|e| panic!("{e}"));
        let output = child.stdout.take().unwrap_or_else(|| panic!("no stdout"));
        let ready = BufReader::new(output).lines().map_while(Result::ok).any(|line| line == "ready");
        assert!(ready, "the holder is not ready");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn project(url: &str) -> Project {
    let project = Project::new(CUTOVER, Some(url));
    project.revision("0001", "base", "CREATE TABLE a (id int, name text);\nINSERT INTO a SELECT i, 'x' || i FROM generate_series(1, 100) i;", "DROP TABLE a;");
    project.ok(&["upgrade"]);
    project
}

#[test]
fn a_blocked_step_says_who_is_in_the_way_and_goes_on_when_it_is_free() {
    let database = cutover_testkit::database();
    let project = project(&database.url());
    project.revision("0002", "0001", "ALTER TABLE a ADD COLUMN x int;", "ALTER TABLE a DROP COLUMN x;");
    let holder = Holder::open(&database.url(), "SELECT count(*) FROM a");
    let running = project.spawn(&["upgrade", "--lock-timeout", "700ms"]);
    std::thread::sleep(Duration::from_millis(2500));
    drop(holder);
    let output = running.wait_with_output().unwrap_or_else(|e| panic!("{e}"));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert!(err.contains("blocked by server process") && err.contains("with the holder"), "{err}");
    assert!(err.contains("idle in transaction, transaction open for"), "{err}");
    assert!(err.contains("retry 1 in"), "{err}");
}

#[test]
fn a_step_that_never_gets_its_locks_fails_in_bounded_time_and_leaves_nothing() {
    let database = cutover_testkit::database();
    let project = project(&database.url());
    project.write("cutover.toml", "lock_timeout = \"200ms\"\nlock_retry = \"1s\"\n");
    project.revision("0002", "0001", "CREATE TABLE b ();\nALTER TABLE a ADD COLUMN x int;", "");
    let _holder = Holder::open(&database.url(), "LOCK TABLE a IN ACCESS SHARE MODE");
    let began = Instant::now();
    let (json, code) = project.json(&["upgrade"]);
    assert_eq!((code, json["error"]["code"].as_str()), (1, Some("locks")));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(psql(server(), &database.url(), "SELECT to_regclass('b') IS NULL"), "t");
}

#[test]
fn a_failed_concurrent_index_is_dropped_and_built_again() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url);
    psql(server(), &url, "INSERT INTO a VALUES (1, 'double')");
    project.revision(
        "0002",
        "0001",
        "CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id);",
        "DROP INDEX CONCURRENTLY a_id;",
    );
    let err = project.fails(&["upgrade"], 1);
    assert!(err.contains("could not create unique index") && err.contains("cannot be rolled back"), "{err}");
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('a_id')";
    assert_eq!(psql(server(), &url, valid), "f");
    psql(server(), &url, "DELETE FROM a WHERE name = 'double'");
    let done = project.run(&["upgrade"]);
    assert!(done.err.contains("recovered: dropped the invalid index public.a_id"), "{}", done.err);
    assert_eq!(psql(server(), &url, valid), "t");
}

#[test]
fn an_invalid_index_that_if_not_exists_would_keep_is_built_again() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url);
    psql(server(), &url, "CREATE INDEX a_name ON a (name)");
    psql(server(), &url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'a_name'::regclass");
    project.revision(
        "0002",
        "0001",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_name ON a (name);",
        "DROP INDEX CONCURRENTLY a_name;",
    );
    project.ok(&["upgrade"]);
    assert_eq!(
        psql(server(), &url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_name'::regclass"),
        "t"
    );
}

#[test]
fn a_statement_done_before_its_journal_row_is_not_run_twice() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url);
    project.revision(
        "0002",
        "0001",
        "CREATE INDEX CONCURRENTLY a_name ON a (name);\nCREATE INDEX CONCURRENTLY ON a (id);",
        "",
    );
    project.ok(&["upgrade"]);
    // as if the process had died right after the last statement
    psql(
        server(),
        &url,
        "UPDATE cutover.step SET state = 'running', open = true, finished_at = NULL WHERE revision = '0002' AND ordinal = 2; UPDATE cutover.step SET open = true WHERE revision = '0002' AND ordinal = 1; DELETE FROM cutover.revision WHERE id = '0002'",
    );
    let done = project.run(&["upgrade"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("is built already"), "{}", done.err);
    assert_eq!(psql(server(), &url, "SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass"), "2");
}

#[test]
fn settings_of_a_file_do_not_leak_into_the_next_one() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url);
    psql(server(), &url, "CREATE ROLE leak_test; GRANT CREATE ON SCHEMA public TO leak_test");
    project.revision("0002", "0001", "SELECT pg_catalog.set_config('search_path', '', false);\nSET lock_timeout = 0;\nSET ROLE leak_test;\nCREATE TABLE public.by_role ();", "");
    project.revision("0003", "0002", "CREATE TABLE c AS SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS lock, current_user AS me, current_setting('application_name') AS app;", "");
    project.ok(&["upgrade"]);
    assert_eq!(psql(server(), &url, "SELECT path, lock, me FROM c"), "public|500ms|postgres");
    assert!(psql(server(), &url, "SELECT app FROM c").starts_with("cutover upgrade "));
}

#[test]
fn an_enum_value_is_committed_before_it_is_used() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", "CREATE TYPE mood AS ENUM ('ok');\nALTER TYPE mood ADD VALUE 'same';\nCREATE TABLE t (m mood DEFAULT 'same');", "DROP TABLE t; DROP TYPE mood;");
    project.revision(
        "0002",
        "0001",
        "ALTER TYPE mood ADD VALUE 'happy';\nINSERT INTO t VALUES ('happy');",
        "DELETE FROM t;",
    );
    project.ok(&["upgrade"]);
    let (plan, _) = project.json(&["downgrade", "base", "--plan"]);
    assert_eq!(plan["revisions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_run_behind_a_pooler_in_transaction_mode_is_refused_or_right() {
    let Some(pooler) = cutover_testkit::pooler::start(server()) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI has to have pgbouncer: scripts/setup --tests installs it"
        );
        return;
    };
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&pooler.url(database.name())));
    project.revision("0001", "base", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let status = project.ok(&["status"]);
    assert!(status.contains("it is behind a pooler"), "{status}");
    let (json, code) = project.json(&["upgrade"]);
    assert_eq!((code, json["error"]["code"].as_str()), (1, Some("pooler")));
    assert_eq!(psql(server(), &database.url(), "SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn the_embedded_server_serves_commands_and_leaves_nothing_running() {
    let project = Project::new(CUTOVER, None);
    project.revision("0001", "base", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let done = project.run(&["upgrade"]);
    if done.err.contains("cannot enter") {
        return; // a temporary folder that the server's user cannot enter
    }
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(project.ok(&["status"]).contains("private server"));
    let (status, _) = project.json(&["server", "status"]);
    assert_eq!((status["running"].as_bool(), status["kept"].as_bool()), (Some(false), Some(false)));
    let (started, _) = project.json(&["server", "start"]);
    assert_eq!(started["running"], true);
    let url = project.ok(&["server", "url"]);
    assert_eq!(psql(server(), url.trim(), "SELECT count(*) FROM cutover.revision"), "1");
    assert_eq!(project.ok(&["server", "psql", "--", "-XAtc", "SELECT to_regclass('a')"]).trim(), "a");
    project.ok(&["server", "stop"]);
    assert_eq!(project.json(&["server", "status"]).0["running"], false);
    assert!(project.ok(&["downgrade", "base"]).contains("1 revision undone"));
}
