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
