//! Gates and deploys: what waits, what goes on without it, and the way back.

use cutover_testkit::{Project, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A revision of the rollout "names", with whatever its header says besides.
fn part(project: &Project, id: &str, revises: &str, phase: &str, more: &str, up: &str, down: &str) {
    let text = format!(
        "--@ revision {id}\n--@ revises {revises}\n--@ rollout names / {phase}\n--@ owner backend\n{more}\n\
         -- Part {id}\n\n--@ upgrade\n{up}\n\n--@ downgrade\n{down}\n"
    );
    project.write(&format!("migrations/{id}_test.sql"), &text);
}

/// A table, a rollout beside the main line, and a revision of the main line that is newer than it.
fn project(url: &str) -> Project {
    let project = Project::new(CUTOVER, Some(url));
    let rows = "CREATE TABLE t (id int PRIMARY KEY, old text); INSERT INTO t SELECT i, 'x' || i FROM generate_series(1, 50) i;";
    project.revision("0001", "base", rows, "DROP TABLE t;");
    part(&project, "0002", "0001", "expand", "", "ALTER TABLE t ADD new text;", "ALTER TABLE t DROP new;");
    let (up, down) = ("--@ deploy \"writers write both\"", "--@ deploy \"writers write old alone\"");
    part(&project, "0003", "0002", "dual write", "", up, down);
    let backfill = "--@ backfill t by id\nUPDATE t SET new = old WHERE new IS NULL;";
    part(&project, "0004", "0003", "backfill", "", backfill, "");
    let gate = "--@ requires no rows: SELECT 1 FROM t WHERE new IS DISTINCT FROM old";
    part(
        &project,
        "0005",
        "0004",
        "contract",
        gate,
        "ALTER TABLE t DROP old;",
        "ALTER TABLE t ADD old text;",
    );
    project.revision("0006", "0001", "CREATE TABLE u ();", "DROP TABLE u;");
    project
}

fn applied(url: &str) -> String {
    psql(server(), url, "SELECT string_agg(id, ' ' ORDER BY id) FROM cutover.revision").trim().to_owned()
}

#[test]
fn a_run_stops_at_a_deploy_without_failing_and_what_does_not_need_it_goes_on() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url);
    let (json, code) = project.json(&["upgrade"]);
    assert_eq!(code, 0);
    assert_eq!(json["revisions"], serde_json::json!(["0001", "0002", "0006"]));
    assert_eq!(json["waiting"][0]["id"], "0003");
    assert_eq!(json["waiting"][0]["for"][0]["deploy"], "writers write both");
    assert_eq!(json["waiting"][0]["behind"], serde_json::json!(["0004", "0005"]));
    // again: the same answer, and nothing happens
    let said = project.ok(&["upgrade"]);
    assert!(said.contains("waiting  0003") && said.contains("by backend: cutover ack 0003"), "{said}");
    assert_eq!(applied(&url), "0001 0002 0006");
    let said = project.fails(&["ack", "0004", "--note", "x"], 2);
    assert!(said.contains("0003 comes first"), "{said}");
    assert!(project.fails(&["ack", "0002", "--note", "x"], 2).contains("applied already"));
    // somebody says that it is deployed: the run goes on, to the gate that is closed
    psql(server(), &url, "INSERT INTO t VALUES (99, 'late', 'other')");
    assert!(project.ok(&["gate", "0003"]).contains("when it is deployed: cutover ack 0003"));
    project.ok(&["ack", "0003", "--by", "ana", "--note", "backend 12"]);
    assert_eq!(project.ok(&["gate", "0003"]), "revision 0003 has no gate\n");
    let said = project.ok(&["upgrade"]);
    assert!(said.contains("waiting  0005") && said.contains("gives 1 row"), "{said}");
    assert_eq!(applied(&url), "0001 0002 0003 0004 0006");
    assert_eq!(psql(server(), &url, "SELECT count(*) FROM t WHERE new = old").trim(), "50");
    // the gate opens by itself
    psql(server(), &url, "DELETE FROM t WHERE id = 99");
    project.ok(&["upgrade"]);
    assert_eq!(applied(&url), "0001 0002 0003 0004 0005 0006");
    let word = "SELECT given_by, note, kind, open FROM cutover.acknowledgement";
    assert_eq!(psql(server(), &url, word).trim(), "ana|backend 12|person|f");
}

#[test]
fn the_way_back_waits_as_well_and_asks_again_the_next_time() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url);
    project.ok(&["upgrade"]);
    project.ok(&["ack", "0003", "--note", "up"]);
    project.ok(&["upgrade", "0004"]);
    let said = project.ok(&["downgrade", "names@base"]);
    assert!(said.contains("cutover ack 0003 --downgrade") && said.contains("behind it: 0002"), "{said}");
    assert_eq!(applied(&url), "0001 0002 0003 0006");
    project.ok(&["ack", "0003", "--downgrade", "--note", "back"]);
    project.ok(&["downgrade", "names@base"]);
    // the rollout is gone, and the main line is where it was
    assert_eq!(applied(&url), "0001 0006");
    let said = project.ok(&["upgrade"]);
    assert!(said.contains("waiting  0003"), "an old word counts no more: {said}");
}

#[test]
fn status_says_whose_turn_it_is() {
    let database = cutover_testkit::database();
    let project = project(&database.url());
    let (json, _) = project.json(&["rollout", "status", "names"]);
    assert_eq!(json["rollouts"][0]["revisions"][0]["state"], "behind");
    project.ok(&["upgrade"]);
    let (json, _) = project.json(&["rollout", "status"]);
    let states: Vec<&str> = json["rollouts"][0]["revisions"]
        .as_array()
        .map(|all| all.iter().filter_map(|one| one["state"].as_str()).collect())
        .unwrap_or_default();
    assert_eq!(states, ["applied", "waiting", "behind", "behind"]);
    assert_eq!(json["rollouts"][0]["turn"], serde_json::json!(["backend"]));
    let page = project.ok(&["rollout", "status", "--markdown"]);
    assert!(
        page.contains("| [x] | expand | `0002` |") && page.contains("Whose turn it is: **backend**"),
        "{page}"
    );
    assert!(project.fails(&["rollout", "status", "nams"], 2).contains("there are: names"));
}

#[test]
fn the_main_line_goes_past_a_rollout() {
    let database = cutover_testkit::database();
    let project = project(&database.url());
    assert!(project.ok(&["new", "more"]).contains("revises 0006"));
    // a rollout that nothing else has gone past yet is no place to go on from, either
    std::fs::remove_file(project.migrations().join("0006_test.sql")).unwrap_or_else(|e| panic!("{e}"));
    std::fs::remove_file(project.migrations().join("0007_more.sql")).unwrap_or_else(|e| panic!("{e}"));
    assert!(project.ok(&["new", "more"]).contains("revises 0001"));
}

#[test]
fn an_order_that_loses_writes_is_refused() {
    let project = Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"));
    project.revision("0001", "base", "", "");
    part(&project, "0002", "0001", "backfill", "", "", "");
    part(&project, "0003", "0002", "dual write", "", "", "");
    let said = project.fails(&["heads"], 2);
    assert!(said.contains("never reaches the new place") && said.contains("0003_test.sql:3"), "{said}");
    assert!(
        said.contains("let 0002 revise 0003, or add a revision after 0003 that backfills again"),
        "{said}"
    );
    part(&project, "0004", "0003", "backfill", "", "", "");
    project.ok(&["heads"]);
    part(&project, "0005", "0004", "contract", "", "", "");
    assert!(project.fails(&["heads"], 2).contains("waits neither for a gate nor for a deploy"));
    part(&project, "0005", "0004", "contract", "--@ requires unsed table t for 7 days", "", "");
    assert!(project.fails(&["heads"], 2).contains("did you mean \"unused table"));
    part(&project, "0005", "0004", "contrast", "", "", "");
    assert!(project.fails(&["heads"], 2).contains("the phases are expand, dual write"));
}

#[test]
fn an_upgrade_that_stopped_half_way_can_be_undone_when_its_downgrade_bears_it() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = Project::new(CUTOVER, Some(&url));
    project.revision("0001", "base", "CREATE TABLE t (id int);", "DROP TABLE t;");
    let up =
        "ALTER TABLE t ADD a int;\n--@ sql\nCREATE INDEX CONCURRENTLY i ON t (a);\n--@ sql\nSELECT 1 / 0;";
    let down = "DROP INDEX CONCURRENTLY IF EXISTS i;\nALTER TABLE t DROP COLUMN IF EXISTS a;";
    project.revision("0002", "0001", up, down);
    project.fails(&["upgrade"], 1);
    project.ok(&["downgrade", "0001"]);
    assert_eq!(psql(server(), &url, "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped").trim(), "1");
    assert_eq!(psql(server(), &url, "SELECT count(*) FROM cutover.step WHERE open").trim(), "0");
    // one that would fail on what is not there is not run
    project.revision("0002", "0001", up, "DROP INDEX CONCURRENTLY i;\nALTER TABLE t DROP COLUMN a;");
    project.fails(&["upgrade"], 1);
    assert!(project.fails(&["downgrade", "0001"], 1).contains("is half done"));
}

#[test]
fn side_branches_are_replayed_both_ways_round() {
    let project = Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"));
    project.revision("0001", "base", "CREATE TABLE t (a int);", "DROP TABLE t;");
    project.revision("0002", "0001", "ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;");
    project.revision("0003", "0001", "ALTER TABLE t ADD c int;", "ALTER TABLE t DROP c;");
    let said = project.ok(&["test"]);
    assert!(said.contains("1 other order tried, the schema is the same"), "{said}");
    // one that fails the other way round, and one that leads to another schema
    project.revision("0004", "0003", "COMMENT ON COLUMN t.b IS 'of 0002';", "COMMENT ON COLUMN t.b IS NULL;");
    let (up, down) = ("COMMENT ON TABLE t IS 'five';", "COMMENT ON TABLE t IS NULL;");
    project.revision("0005", "0001", up, down);
    project.revision("0006", "0001", &up.replace("five", "six"), &down.replace("NULL", "'five'"));
    let (json, code) = project.json(&["test"]);
    assert_eq!(code, 3);
    let pairs: Vec<(&str, &str)> = json["orders"]["conflicts"]
        .as_array()
        .map(|all| {
            all.iter().filter_map(|one| Some((one["first"].as_str()?, one["second"].as_str()?))).collect()
        })
        .unwrap_or_default();
    assert_eq!(pairs, [("0005", "0006"), ("0002", "0004")], "{json}");
    let fails = json["orders"]["conflicts"][1]["other_way"]["fails"].as_str().unwrap_or_default();
    assert!(fails.contains("column \"b\" of relation \"t\" does not exist"), "{json}");
    assert!(json["orders"]["conflicts"][0]["other_way"]["changes"][0].is_object(), "{json}");
}

#[test]
fn a_backfill_that_says_why_it_is_not_undone_passes_the_test() {
    let project = Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"));
    project.revision("0001", "base", "CREATE TABLE t (a int); INSERT INTO t VALUES (1);", "DROP TABLE t;");
    let backfill = |header: &str| {
        let text = format!(
            "--@ revision 0002\n--@ revises 0001\n{header}\n-- fill\n\n--@ upgrade\n--@ backfill t by ctid\n\
             UPDATE t SET a = 2 WHERE a = 1;\n--@ downgrade\n"
        );
        project.write("migrations/0002_test.sql", &text);
    };
    backfill("");
    let (json, code) = project.json(&["test"]);
    assert_eq!((code, &json["revisions"][1]["verdict"]), (3, &serde_json::json!("failed")));
    backfill("--@ allow empty-downgrade \"either value is right\"");
    let (json, code) = project.json(&["test"]);
    assert_eq!((code, &json["revisions"][1]["verdict"]), (0, &serde_json::json!("passed")));
}
