//! A backfill that reads another table, and a client that deletes there what the batch has read and not yet written.
//!
//! The batch waits for a row that a client holds. Meanwhile another client takes back the link of a row that the batch has
//! still to come to: the batch must not write what is no longer so.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use cutover_testkit::{Programs as _, Project, psql, server};

const SCHEMA: &str = "
CREATE TABLE item (id int PRIMARY KEY, owner int);
CREATE TABLE link (item int PRIMARY KEY REFERENCES item, owner int NOT NULL);
-- what a dual write does: the row first, then what is true of it now
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM item WHERE id = OLD.item FOR NO KEY UPDATE;
    UPDATE item SET owner = NULL WHERE id = OLD.item AND owner IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER DELETE ON link FOR EACH ROW EXECUTE FUNCTION follow();
";

const BACKFILL: &str = "
--@ backfill item by id
UPDATE item SET owner = link.owner FROM link WHERE link.item = item.id AND item.owner IS NULL;
";

/// A client that does what it is told.
struct Client {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn open(url: &str) -> Self {
        let mut child = Command::new(server().programs().tool("psql"))
            .args(["-XqAt", "-d", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output).lines() }
    }

    /// Runs SQL; gives the last line of its result.
    fn say(&mut self, sql: &str) -> String {
        writeln!(self.input, "{sql};\n\\echo ready").unwrap();
        let mut last = String::new();
        loop {
            match self.output.next().unwrap().unwrap() {
                line if line == "ready" => return last,
                line => last = line,
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a link could be taken back while a batch waited; the rows that are wrong at the end.
fn round(template: &str) -> (bool, String) {
    let database = server().create_blocking(Some(template)).unwrap();
    let url = database.url();
    let project = Project::new(env!("CARGO_BIN_EXE_cutover"), Some(&url));
    project.revision("0001", "base", BACKFILL, "");
    let (mut holder, mut other) = (Client::open(&url), Client::open(&url));
    holder.say("BEGIN; UPDATE item SET id = id WHERE id = 10");
    let mut run = project.spawn(&["upgrade"]);
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let limit = Instant::now() + Duration::from_secs(20);
    while other.say(waits) == "0" {
        assert!(Instant::now() < limit, "the backfill does not come to the row");
    }
    // a batch gives up after 100 ms; this has to be done before
    other.say("DELETE FROM link WHERE item = 400");
    let in_time = other.say(waits) != "0";
    holder.say("COMMIT");
    assert!(run.wait().unwrap().success());
    let wrong = "SELECT string_agg(item.id || ' has ' || coalesce(item.owner::text, 'none'), ', ')
        FROM item LEFT JOIN link ON link.item = item.id WHERE item.owner IS DISTINCT FROM link.owner";
    (in_time, psql(server(), &url, wrong))
}

#[test]
fn a_batch_does_not_write_what_was_taken_back_while_it_waited() {
    // in many batches, and in one
    for rows in [30_000, 600] {
        taken_back(rows);
    }
}

fn taken_back(rows: u32) {
    let template = cutover_testkit::database();
    psql(server(), &template.url(), SCHEMA);
    let fill = format!(
        "INSERT INTO item SELECT g FROM generate_series(1, {rows}) g;
        INSERT INTO link SELECT g, g * 2 FROM generate_series(1, {rows}) g; ANALYZE"
    );
    psql(server(), &template.url(), &fill);
    let rounds: Vec<(bool, String)> = (0..4).map(|_| round(template.name())).collect();
    assert!(rounds.iter().any(|(in_time, _)| *in_time), "no batch waited for long enough");
    let wrong: Vec<&String> =
        rounds.iter().map(|(_, wrong)| wrong).filter(|wrong| !wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
