//! A server that is not well: a standby that stands still, a slot that is about to be lost, an
//! archive that takes nothing. The backfill waits, says why, and goes on when it is over.

use std::process::Command;

use cutover_engine::server::{Binaries, Lookup, Owner};
use cutover_testkit::{Project, psql};

use super::stage::{CUTOVER, Own};

const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); \
     INSERT INTO t SELECT i FROM generate_series(1, 12000) AS i";
const SLOW: &str =
    "--@ backfill t by id with batch = 50\nUPDATE t SET n = n + 1 + (pg_sleep(0.0005) IS NULL)::int;";

fn newest() -> Binaries {
    Binaries::find(&Lookup::from_env()).unwrap()
}

/// Runs a slow backfill, waits until it says that it waits for `why`, lets `mend` do its work, and
/// sees it to its end.
fn waits(own: &Own, why: &str, spoil: impl FnOnce(), mend: impl FnOnce()) {
    own.ask(SETUP);
    let project = Project::new(CUTOVER, Some(&own.cluster.url("postgres")));
    project.revision("0001", "base", SLOW, "SELECT 1;");
    let running = project.spawn(&["upgrade"]);
    own.until("SELECT to_regclass('cutover.backfill_range') IS NOT NULL", "t");
    own.until("SELECT coalesce(sum(batches), 0) > 2 FROM cutover.backfill_range", "t");
    spoil();
    own.until(
        &format!("SELECT coalesce((SELECT state LIKE 'waits: {why}' FROM cutover.backfill), false)"),
        "t",
    );
    let seen = "SELECT sum(seen) FROM cutover.backfill_range";
    let at = own.ask(seen);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(own.ask(seen), at, "it does not wait");
    mend();
    let output = running.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{err}");
    assert!(err.contains("waits: "), "{err}");
    assert_eq!(own.ask("SELECT n, count(*) FROM t GROUP BY n"), "1|12000");
}

#[test]
fn a_standby_that_stands_still_is_waited_for() {
    let own = Own::start(&newest(), &[("wal_level", "replica"), ("max_wal_senders", "4")]);
    let standby = own.standby();
    let there = |sql: &str| psql(&standby, &standby.url("postgres"), sql);
    own.until("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", "1");
    waits(
        &own,
        "a standby is % s behind",
        || drop(there("SELECT pg_wal_replay_pause()")),
        || drop(there("SELECT pg_wal_replay_resume()")),
    );
}

#[test]
fn a_slot_that_is_about_to_be_lost_stops_it_until_it_is_gone() {
    let settings = [("wal_level", "replica"), ("max_wal_senders", "4"), ("max_slot_wal_keep_size", "64MB")];
    let own = Own::start(&newest(), &settings);
    waits(
        &own,
        "a replication slot is lost after %",
        || drop(own.ask("SELECT pg_create_physical_replication_slot('abandoned', true)")),
        || drop(own.ask("SELECT pg_drop_replication_slot('abandoned')")),
    );
}

#[test]
fn an_archive_that_takes_nothing_is_waited_for() {
    let binaries = newest();
    let settings = [("wal_level", "replica"), ("archive_mode", "on")];
    // segments of 1 MB, so that many of them are little
    let own = Own::prepared(&binaries, &settings, |data| {
        let mut command = Command::new(binaries.tool("pg_resetwal"));
        command.args(["--wal-segsize=1", "-f", "-D"]).arg(data);
        Owner::for_dir(data).unwrap().apply(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
    let command = |command: &str| {
        own.ask(&format!("ALTER SYSTEM SET archive_command = '{command}'"));
        own.ask("SELECT pg_reload_conf()");
    };
    waits(
        &own,
        "% WAL files wait for the archive",
        || {
            command("false");
            own.ask("CREATE TABLE filler (a text)");
            for _ in 0..50 {
                own.ask("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 100)");
                own.ask("SELECT pg_switch_wal()");
            }
        },
        || command("true"),
    );
}
