//! Two runs at the same moment, a hundred times: one waits for the other, and nothing happens twice.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use cutover_testkit::{Finished, Project, database, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// Rounds with the small project.
const SMALL: usize = 90;
/// Rounds with the planner.
const PLANNER: usize = 10;

/// Five revisions whose rows would be there twice if a statement ran twice.
fn small() -> Project {
    let project = Project::new(CUTOVER, None);
    project.revision("0001", "base", "CREATE TABLE seed (name text);", "DROP TABLE seed;");
    project.revision("0002", "0001", "INSERT INTO seed VALUES ('a'), ('b');", "DELETE FROM seed;");
    // two transactions and a statement of its own
    let mixed = "INSERT INTO seed VALUES ('c');\nCREATE INDEX CONCURRENTLY ON seed (name);\nINSERT INTO seed VALUES ('d');";
    project.revision("0003", "0002", mixed, "DELETE FROM seed WHERE name IN ('c', 'd');");
    project.revision("0004", "0003", "ALTER TABLE seed ADD COLUMN n int DEFAULT 1;", "SELECT 1;");
    project.revision("0005", "0004", "UPDATE seed SET n = n + 1;", "UPDATE seed SET n = n - 1;");
    project
}

/// Starts two runs at the same moment on an empty database and waits for both.
fn race(project: &Project, args: &[&str], url: &str) -> [Finished; 2] {
    let start = Barrier::new(2);
    let args = [args, &["--wait", "30s", "--url", url]].concat();
    std::thread::scope(|scope| {
        let run = || {
            start.wait();
            project.run(&args)
        };
        [scope.spawn(run), scope.spawn(run)].map(|thread| thread.join().unwrap())
    })
}

/// Races, and checks that both were content and every step is in the journal once.
fn round(project: &Project, args: &[&str], revisions: &str, check: &str, expected: &str) -> bool {
    let database = database();
    let url = database.url();
    let both = race(project, args, &url);
    for one in &both {
        assert_eq!(one.code, 0, "{}{}\nand the other:\n{}{}", one.out, one.err, both[0].err, both[1].err);
    }
    let ask = |sql: &str| psql(server(), &url, sql);
    assert_eq!(ask("SELECT count(*) FROM cutover.revision"), revisions);
    let twice = "SELECT revision, ordinal FROM cutover.step GROUP BY 1, 2 HAVING count(*) > 1";
    assert_eq!(ask(twice), "", "steps that were done twice");
    let odd = "SELECT revision, ordinal, state, open FROM cutover.step WHERE state <> 'done' OR open OR direction <> 'upgrade'";
    assert_eq!(ask(odd), "", "steps that were left open");
    let missing = "SELECT id FROM cutover.revision r \
        WHERE (SELECT count(*) FROM cutover.step s WHERE s.revision = r.id) IS DISTINCT FROM \
        (SELECT max(steps) FROM cutover.step s WHERE s.revision = r.id)";
    assert_eq!(ask(missing), "", "revisions without all of their steps");
    assert_eq!(ask(check), expected);
    both.iter().any(|one| one.err.contains("waiting"))
}

#[test]
fn two_runners_never_apply_a_revision_twice() {
    let began = Instant::now();
    let (small, planner) = (small(), Project::planner(CUTOVER, None));
    let mut waited = 0;
    for _ in 0..PLANNER {
        let rows = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM members), (SELECT count(*) FROM tags)";
        waited += usize::from(round(&planner, &["upgrade", "planner@head"], "11", rows, "6|8|8"));
    }
    for _ in 0..SMALL {
        let rows = "SELECT string_agg(name || n, ',' ORDER BY name) FROM seed";
        waited += usize::from(round(&small, &["upgrade"], "5", rows, "a2,b2,c2,d2"));
    }
    let (rounds, seconds) = (SMALL + PLANNER, began.elapsed().as_secs_f64());
    let line =
        format!("two runners: {rounds} rounds in {seconds:.0} s; in {waited} one waited for the other\n");
    // not captured: the number is the result
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(waited > 0, "{line}");
}

/// A psql that holds a lock in an open transaction until it is dropped.
struct Blocker(Child);

impl Blocker {
    fn open(url: &str, sql: &str) -> Self {
        let psql = server().cluster().binaries().tool("psql");
        let mut command = Command::new(psql);
        command.args(["-XqAt", "-d", url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "BEGIN; {sql}; SELECT 'ready';").unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "ready"), "the blocker has no lock");
        Self(child)
    }
}

impl Drop for Blocker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_runner_that_does_not_wait_names_the_one_that_is_at_work() {
    let database = database();
    let url = database.url();
    let project = Project::new(CUTOVER, Some(&url));
    project.revision("0001", "base", "CREATE TABLE a ();", "DROP TABLE a;");
    project.ok(&["upgrade"]);
    project.revision("0002", "0001", "ALTER TABLE a ADD COLUMN x int;", "ALTER TABLE a DROP COLUMN x;");
    let blocker = Blocker::open(&url, "LOCK TABLE a IN ACCESS SHARE MODE");
    let first = project.spawn(&["upgrade", "--lock-timeout", "30s"]);
    let holder = lock_holder(&url);

    let began = Instant::now();
    let (json, code) = project.json(&["upgrade", "--wait", "0"]);
    assert!(began.elapsed() < Duration::from_secs(5), "it waited for {:?}", began.elapsed());
    assert_eq!((code, json["error"]["code"].as_str()), (1, Some("locked")), "{json}");
    let notes = json["error"]["notes"].to_string();
    assert!(notes.contains(&format!("server process {holder},")), "{notes}");

    drop(blocker);
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(psql(server(), &url, "SELECT count(*) FROM cutover.revision"), "2");
}

/// The server process that has the runner's lock; waits until there is one.
fn lock_holder(url: &str) -> String {
    let sql = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let found = psql(server(), url, sql);
        if !found.is_empty() {
            return found;
        }
        assert!(Instant::now() < until, "nobody takes the runner's lock");
    }
}
