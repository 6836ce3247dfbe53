//! Kills in the middle of the statements that have a middle: indexes that are built or dropped
//! concurrently, while they wait for somebody who has written to the table.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::relay::{Point, When};
use super::stage::{Leg, Stage};
use super::ways::{Attempt, WAYS, Way};

/// Holds the lock of a writer on every table, in an open transaction, until it is dropped.
struct Writer(Child);

const WRITE: &str = "BEGIN; DO $$ BEGIN EXECUTE format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', \
    (SELECT string_agg(oid::regclass::text, ', ') FROM pg_class \
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)); END $$; SELECT 'ready';";

impl Writer {
    fn open(stage: &Stage, database: &str) -> Self {
        let mut command = Command::new(stage.cluster.binaries().tool("psql"));
        command.args(["-XqAt", "-d", &stage.cluster.url(database)]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{WRITE}").unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "ready"), "the writer has no locks");
        Self(child)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Kills a leg in the middle of each such statement, in every way; gives how often, and what went
/// wrong.
pub fn kill(stage: &mut Stage, leg: &Leg) -> (usize, Vec<String>) {
    let database = stage.create(&leg.template);
    let units = Attempt::start(stage, &leg.args, &database, None).finish();
    stage.drop(&database);
    let (mut killed, mut wrong) = (0, Vec::new());
    for (unit, sql) in units.iter().enumerate().filter(|(_, sql)| has_a_middle(sql)) {
        for way in WAYS {
            let problem = one(stage, leg, unit, sql, way);
            wrong.extend(problem.map(|text| format!("{:?}, {way:?} in {sql:?}:\n{text}", leg.args)));
            killed += 1;
        }
    }
    (killed, wrong)
}

fn has_a_middle(sql: &str) -> bool {
    ["CREATE INDEX CONCURRENTLY", "CREATE UNIQUE INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY"]
        .iter()
        .any(|start| sql.starts_with(start))
}

fn one(stage: &mut Stage, leg: &Leg, unit: usize, sql: &str, way: Way) -> Option<String> {
    let database = stage.create(&leg.template);
    let mut attempt = Attempt::start(stage, &leg.args, &database, Some(Point { unit, when: When::Before }));
    assert!(attempt.is_held(), "{:?} does not come to {sql:?}", leg.args);
    let writer = Writer::open(stage, &database);
    let backend = attempt.backend();
    attempt.let_go();
    let waits = format!("SELECT wait_event_type FROM pg_stat_activity WHERE pid = {backend}");
    until(stage, &waits, "Lock");
    attempt.kill(way, stage, false);
    // a server process without a client ends within a second, though it waits
    until(stage, &format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}"), "0");
    let invalid = stage.ask(&database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid");
    drop(writer);
    let again = stage.run(&leg.args, &database);
    let told = sql.starts_with("DROP") || again.err.contains("dropped the invalid index");
    let problem = match again.code {
        _ if invalid != "1" => format!("    {invalid} invalid indexes after the kill"),
        0 if !told => format!("    nothing was recovered: {}", again.err),
        0 => leg.outcome.differences(&stage.outcome(&database)),
        code => format!("    exit code {code}: {}", again.err),
    };
    stage.drop(&database);
    (!problem.is_empty()).then_some(problem)
}

/// Waits until a query gives this.
fn until(stage: &Stage, sql: &str, expected: &str) {
    let limit = Instant::now() + Duration::from_secs(30);
    while stage.ask("postgres", sql) != expected {
        assert!(Instant::now() < limit, "{sql} does not come to {expected}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
