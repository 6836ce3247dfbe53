//! The load itself: it must be able to fail. What is known to stall requests, to break them, to show them something
//! wrong and to lose their writes is done under it, and it has to say so.

use std::path::Path;
use std::time::Duration;

use cutover_engine::server::{Binaries, Lookup};
use cutover_workload::play::{Play, Played};
use cutover_workload::scenario::Scenario;
use cutover_workload::stage::Stage;
use cutover_workload::traffic::Options;

const OPTIONS: Options = Options { rate: 300, connections: 12, hot: 50 };

const SCENARIO: &str = r#"
name = "one table"
rows = 100000
null_every = 10
schema = "CREATE TABLE item (id bigint PRIMARY KEY, value text, note text);"
fill = """INSERT INTO item SELECT g, CASE WHEN g % :null_every <> 0 THEN g::text END, repeat(md5(g::text), 8)
FROM generate_series(1, :rows) g"""
[rollout]
[[fleet]]
name = "clients"
share = 1
[fleet.old]
read = "SELECT value FROM item WHERE id = $1"
update = "UPDATE item SET value = $2 WHERE id = $1"
clear = "UPDATE item SET value = NULL WHERE id = $1"
insert = "INSERT INTO item VALUES ($1, $2)"
delete = "DELETE FROM item WHERE id = $1"
[fleet.new]
read = "SELECT value FROM item WHERE id = $1"
[view]
old = "SELECT id, value FROM item"
new = "SELECT id, value FROM item"
"#;

fn stage() -> Stage {
    let binaries = Binaries::find(&Lookup::from_env()).unwrap_or_else(|e| panic!("{e}"));
    Stage::start(&binaries, Path::new(env!("CARGO_BIN_EXE_cutover")))
}

/// A second of peace, the statement by hand or as a revision, another second.
fn under_load(stage: &Stage, scenario: &Scenario, what: impl FnOnce(&mut Play<'_>)) -> Played {
    let database = stage.fill(scenario, Path::new("."));
    let mut play = Play::begin(stage, scenario, database, OPTIONS, None);
    play.rest("before", Duration::from_secs(1));
    play.span("during", what);
    play.rest("after", Duration::from_secs(1));
    play.end()
}

fn revision(stage: &Stage, play: &mut Play<'_>, sql: &str) {
    stage.project.revision("0002", "0001", sql, "SELECT 1;");
    let done = stage.run(&["upgrade"], &play.database.url());
    assert_eq!(done.code, 0, "{}", done.err);
}

#[test]
fn the_load_sees_who_waits_and_who_does_not() {
    let scenario: Scenario = toml::from_str(SCENARIO).unwrap_or_else(|e| panic!("{e}"));
    let stage = stage();
    let mut found = Vec::new();
    for sql in [
        "CREATE INDEX item_note ON item (note, value);",
        "CREATE INDEX CONCURRENTLY item_note ON item (note, value);",
    ] {
        let played = under_load(&stage, &scenario, |play| revision(&stage, play, sql));
        let during = played.spans[1].clone();
        cutover_testkit::note(&format!("{sql}\n  {during:?}"));
        assert_eq!((played.whole.failed, played.whole.wrong), (0, 0), "{:?}", played.seen.troubles);
        assert_eq!(played.lost(&scenario, true), Vec::<String>::new());
        assert!(during.requests > 20 && played.whole.requests > 500, "{:?}", played.whole);
        found.push(during);
    }
    let [naive, safe] = &found[..] else { panic!("two") };
    assert!(
        naive.lock_wait > 60.0 && naive.max > 60.0,
        "nobody waited for an index that blocks writes: {naive:?}"
    );
    assert!(naive.lock.contains("RowExclusiveLock on item"), "{naive:?}");
    assert!(safe.lock_wait < naive.lock_wait / 2.0, "somebody waited for the other: {safe:?}");
}

#[test]
fn the_load_sees_errors_wrong_answers_and_lost_writes() {
    let scenario: Scenario = toml::from_str(SCENARIO).unwrap_or_else(|e| panic!("{e}"));
    let stage = stage();
    let broken = "ALTER TABLE item RENAME COLUMN value TO worth;";
    let played = under_load(&stage, &scenario, |play| revision(&stage, play, broken));
    assert!(played.whole.failed > 100, "{:?}", played.whole);
    assert!(played.seen.troubles[0].1.contains("42703"), "{:?}", played.seen.troubles);
    let played = under_load(&stage, &scenario, |play| {
        let sql = "UPDATE item SET value = '1' WHERE id % 2 = 1";
        stage.ask(&play.database.url(), sql);
    });
    assert!(played.whole.wrong > 10, "{:?}", played.whole);
    let lost = played.lost(&scenario, true).len();
    assert!((45_000..50_000).contains(&lost), "{lost}");
    // a row that comes back, and one that nobody made
    let played = under_load(&stage, &scenario, |play| {
        stage.ask(&play.database.url(), "INSERT INTO item VALUES (-1, '-1')");
    });
    assert_eq!(played.lost(&scenario, true), ["row -1 is Value(-1), and can only be one of [Absent]"]);
}
