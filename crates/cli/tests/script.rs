//! `--sql`: the script, run through psql, ends in the same database and the same ledger.

use std::process::Command;

use cutover_testkit::{Project, dump, masked, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// The ledger without times, durations, people and run ids.
const LEDGER: &str = "SELECT id, message, checksum, content_hash, how FROM cutover.revision ORDER BY id; \
     SELECT revision, direction, ordinal, steps, kind, checksum, state, open FROM cutover.step ORDER BY id; \
     SELECT command, target, outcome FROM cutover.run ORDER BY id; SELECT format FROM cutover.ledger";

fn feed(url: &str, script: &str) {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script).unwrap_or_else(|e| panic!("{e}"));
    let psql = server().cluster().binaries().tool("psql");
    let output = Command::new(psql)
        .args(["-X", "-d", url, "-f"])
        .arg(&file)
        .output()
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_script_and_the_run_end_in_the_same_database_and_ledger() {
    let (run, scripted) = (cutover_testkit::database(), cutover_testkit::database());
    let project = Project::planner(CUTOVER, Some(&run.url()));
    let offline = Project::planner(CUTOVER, Some("postgresql://nobody@localhost:1/none"));
    for (direction, target, range) in [
        ("upgrade", "0011", "base:0011"),
        ("downgrade", "0006", "0011:0006"),
        ("downgrade", "base", "0006:base"),
    ] {
        project.ok(&[direction, target]);
        // a range needs no database at all
        let script =
            offline.ok(&[direction, "--sql", range]).replace(&format!("'{range}'"), &format!("'{target}'"));
        feed(&scripted.url(), &script);
        let same = |what: &dyn Fn(&str) -> String| {
            assert_eq!(what(&run.url()), what(&scripted.url()), "{direction} {target}")
        };
        same(&|url| masked(&dump(server(), url)));
        same(&|url| psql(server(), url, LEDGER));
    }
}

/// A role without any right on the ledger is taken on in each way that lasts until the end of the transaction.
#[test]
fn the_ledger_is_written_by_the_session_s_own_role() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = Project::new(CUTOVER, Some(&url));
    project.revision("0001", "base", "CREATE TABLE a ();", "DROP TABLE a;");
    psql(server(), &url, "CREATE ROLE acting_test; GRANT CREATE ON SCHEMA public TO acting_test");
    let make = "CREATE FUNCTION become(name text) RETURNS void LANGUAGE plpgsql AS \
        $$ BEGIN EXECUTE format('SET LOCAL ROLE %I', name); END $$;";
    let ways = [
        make,
        "SET LOCAL ROLE acting_test;\nCREATE TABLE made_1 ();",
        "SET LOCAL SESSION AUTHORIZATION acting_test;\nCREATE TABLE made_2 ();",
        "DO $$ BEGIN SET LOCAL ROLE acting_test; CREATE TABLE made_3 (); END $$;",
        "DO $$ BEGIN SET ROLE acting_test; SET search_path = nowhere; CREATE TABLE public.made_4 (); END $$;",
        "SELECT become('acting_test');\nCREATE TABLE made_5 ();",
        // several steps
        "SET LOCAL ROLE acting_test;\nCREATE TABLE made_6 ();\n--@ sql\nCREATE TABLE ours ();",
    ];
    for (at, sql) in ways.iter().enumerate() {
        let parent = if at == 0 { "0001".to_owned() } else { format!("001{}", at - 1) };
        project.revision(&format!("001{at}"), &parent, sql, "SELECT 1;");
    }
    let script = project.ok(&["upgrade", "--sql", "base:head"]);
    project.ok(&["upgrade"]);
    let by_hand = cutover_testkit::database();
    psql(server(), &by_hand.url(), "GRANT CREATE ON SCHEMA public TO acting_test");
    feed(&by_hand.url(), &script);
    let owners = "SELECT string_agg(relname || ' ' || relowner::regrole, ', ' ORDER BY relname) FROM pg_class \
        WHERE relnamespace = 'public'::regnamespace AND (relname LIKE 'made%' OR relname = 'ours')";
    for url in [&url, &by_hand.url()] {
        assert_eq!(
            psql(server(), url, owners),
            "made_1 acting_test, made_2 acting_test, made_3 acting_test, made_4 acting_test, made_5 acting_test, \
             made_6 acting_test, ours postgres"
        );
        assert_eq!(psql(server(), url, "SELECT count(*) FROM cutover.revision"), "8");
    }
}

#[test]
fn a_script_pins_its_settings_again_as_a_run_does() {
    let (run, scripted) = (cutover_testkit::database(), cutover_testkit::database());
    let project = Project::new(CUTOVER, Some(&run.url()));
    let sets = "CREATE SCHEMA other;\nSET search_path = other;\nSET TimeZone = 'Asia/Tokyo';\n\
        CREATE TABLE a ();\n--@ sql\nCREATE TABLE b ();";
    project.revision("0001", "base", sets, "DROP SCHEMA other CASCADE;");
    project.revision(
        "0002",
        "0001",
        "CREATE TABLE c AS SELECT current_setting('TimeZone') AS zone;",
        "DROP TABLE c;",
    );
    let script = project.ok(&["upgrade", "--sql", "base:head"]);
    project.ok(&["upgrade"]);
    feed(&scripted.url(), &script);
    let tables = "SELECT string_agg(oid::regclass::text, ' ' ORDER BY relname) FROM pg_class WHERE relname IN ('a', 'b', 'c')";
    for database in [&run, &scripted] {
        assert_eq!(psql(server(), &database.url(), tables), "other.a b c");
        assert_eq!(psql(server(), &database.url(), "SELECT zone = 'Asia/Tokyo' FROM c"), "f");
    }
}

#[test]
fn without_a_range_the_script_is_what_this_database_needs() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = Project::planner(CUTOVER, Some(&url));
    project.ok(&["upgrade", "0006"]);
    feed(&url, &project.ok(&["upgrade", "planner@head", "--sql"]));
    assert_eq!(
        project.ok(&["current"]),
        "0011  (planner, reporting) (head) (merge)  Join the reports with the main line\n"
    );
    feed(&url, &project.ok(&["downgrade", "base", "--sql"]));
    assert_eq!(project.ok(&["current"]), "base: nothing is applied\n");
}

#[test]
fn a_script_on_the_wrong_database_changes_nothing() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = Project::planner(CUTOVER, Some(&url));
    let script = project.ok(&["upgrade", "0001", "--sql"]);
    feed(&url, &script);
    let before = dump(server(), &url);
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let file = folder.path().join("again.sql");
    std::fs::write(&file, &script).unwrap_or_else(|e| panic!("{e}"));
    let psql = server().cluster().binaries().tool("psql");
    let again = Command::new(psql)
        .args(["-X", "-d", &url, "-f"])
        .arg(&file)
        .output()
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(!again.status.success());
    assert_eq!(before, dump(server(), &url));
}
