//! The commands, as somebody who knows Alembic expects them.

use cutover_testkit::Project;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

fn offline() -> Project {
    Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"))
}

fn names(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.migrations()).unwrap_or_else(|e| panic!("{e}"));
    let mut names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[test]
fn init_writes_a_project_once() {
    let project = offline();
    project.ok(&["init", "backend", "--naming", "v{number:3}_{slug}"]);
    assert!(project.folder().join("backend/migrations").is_dir());
    assert!(project.fails(&["init", "backend"], 2).contains("is there already"));
    assert!(project.fails(&["init", "other", "--naming", "{slug}"], 2).contains("naming"));
}

#[test]
fn it_works_from_any_folder_below_the_configuration() {
    let project = offline();
    project.revision("0001", "base", "", "");
    let deep = project.folder().join("a/b");
    std::fs::create_dir_all(&deep).unwrap_or_else(|e| panic!("{e}"));
    let output = project.command(&["heads"]).current_dir(deep).output().unwrap_or_else(|e| panic!("{e}"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("base -> 0001"));
}

#[test]
fn new_goes_on_from_what_is_there() {
    let project = offline();
    project.ok(&["new", "First tables!"]);
    project.ok(&["new", "second"]);
    project.ok(&["new", "third", "--id", "x9"]);
    project.ok(&["new", "fourth", "--branch-label", "side", "--head", "0001", "--splice"]);
    project.ok(&["new", "fifth", "--head", "side@head", "--depends-on", "0002"]);
    project.ok(&["new", "root", "--head", "base"]);
    assert_eq!(
        names(&project),
        [
            "0001_first_tables.sql",
            "0002_second.sql",
            "0003_fourth.sql",
            "0004_fifth.sql",
            "0005_root.sql",
            "x9_third.sql"
        ]
    );
    let (heads, _) = project.json(&["heads"]);
    let ids: Vec<_> =
        heads["heads"].as_array().map(|h| h.iter().map(|r| r["id"].clone()).collect()).unwrap_or_default();
    assert_eq!(ids, ["0004", "0005", "x9"]);
    assert_eq!(heads["heads"][0]["depends"][0], "0002");
    assert_eq!(heads["heads"][0]["labels"][0], "side");
    assert!(project.fails(&["new", "x", "--head", "0001"], 2).contains("add --splice"));
    assert!(project.fails(&["new", "x", "--head", "x9", "--id", "0001"], 2).contains("taken"));
}

#[test]
fn merge_joins_heads() {
    let project = offline();
    project.revision("0001", "base", "", "");
    project.revision("0002", "0001", "", "");
    project.revision("0003", "0001", "", "");
    assert!(project.fails(&["merge", "0001", "0002"], 2).contains("0002 already builds on 0001"));
    project.ok(&["merge", "-m", "join"]);
    assert!(project.fails(&["merge"], 2).contains("a merge needs two"));
    let (shown, _) = project.json(&["show", "head"]);
    assert_eq!(shown["revisions"][0]["revision"]["revises"], serde_json::json!(["0002", "0003"]));
    assert!(project.ok(&["branches"]).contains("0001 Revision 0001\n  -> 0002"));
}

#[test]
fn history_lists_ranges_newest_first() {
    let project = offline();
    for (id, parent) in [("a1", "base"), ("b2", "a1"), ("c3", "b2"), ("d4", "c3")] {
        project.revision(id, parent, "", "");
    }
    let ids = |range: &str| {
        let (history, _) = project.json(&["history", range]);
        let rows = history["revisions"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|r| r["id"].as_str().map(str::to_owned)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(":"), "d4 c3 b2 a1");
    assert_eq!(ids("b:c"), "c3 b2");
    assert_eq!(ids("c3:"), "d4 c3");
    assert_eq!(ids(":b2"), "b2 a1");
    assert_eq!(ids("a1+1:head-1"), "c3 b2");
}

#[test]
fn relative_targets_and_labels_run_what_they_say() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    for (id, parent) in [("ae10", "base"), ("ae11", "ae10"), ("ae12", "ae11")] {
        project.revision(id, parent, &format!("CREATE TABLE t_{id} ();"), &format!("DROP TABLE t_{id};"));
    }
    let current = || project.ok(&["current"]).split_whitespace().next().unwrap_or_default().to_owned();
    project.ok(&["upgrade", "+1"]);
    assert_eq!(current(), "ae10");
    project.ok(&["upgrade", "ae10+1"]);
    assert_eq!(current(), "ae11");
    project.ok(&["upgrade"]);
    project.ok(&["downgrade", "-2"]);
    assert_eq!(current(), "ae10");
    assert!(project.fails(&["downgrade", "-2"], 2).contains("asks for 2 steps"));
    assert!(project.fails(&["downgrade", "ae12"], 2).contains("is not applied"));
    project.ok(&["downgrade", "base"]);
    assert_eq!(current(), "base:");
    assert_eq!(project.run(&["current", "--check-heads"]).code, 3);
    assert_eq!(project.run(&["status", "--exit-code"]).code, 3);
    project.ok(&["stamp", "head"]);
    assert_eq!(project.run(&["status", "--exit-code"]).code, 0);
    project.ok(&["stamp", "base"]);
    project.ok(&["upgrade", "heads"]);
}

#[test]
fn an_irreversible_revision_says_why() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.write("migrations/0001_x.sql", "--@ revision 0001\n--@ revises base\n--@ irreversible \"the rows are gone\"\n--@ upgrade\nCREATE TABLE a ();\n");
    project.ok(&["upgrade"]);
    assert!(
        project.fails(&["downgrade", "base"], 1).contains("revision 0001 is irreversible: the rows are gone")
    );
}

#[test]
fn edit_opens_the_editor() {
    let project = offline();
    project.revision("0001", "base", "", "");
    let edit = |editor: &str| {
        project
            .command(&["edit", "0001"])
            .env("EDITOR", editor)
            .env_remove("VISUAL")
            .output()
            .unwrap_or_else(|e| panic!("{e}"))
    };
    assert!(edit("sed -i s/Revision.0001/edited/").status.success());
    assert!(project.ok(&["heads"]).contains("edited"));
    assert_eq!(edit("").status.code(), Some(2));
    assert_eq!(edit("false").status.code(), Some(1));
}

#[test]
fn help_completions_and_manual_are_there() {
    let project = offline();
    for command in [
        "init",
        "new",
        "upgrade",
        "downgrade",
        "current",
        "history",
        "heads",
        "branches",
        "show",
        "merge",
        "stamp",
        "edit",
        "status",
        "server",
        "completions",
        "man",
    ] {
        let help = project.ok(&[command, "--help"]);
        assert!(help.contains("Examples:\n  "), "{command} --help has no example:\n{help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(project.ok(&["completions", shell]).contains("cutover"));
    }
    assert!(project.ok(&["man"]).contains(".TH cutover"));
}

#[test]
fn json_says_who_it_is_and_errors_are_json_too() {
    let project = offline();
    let (heads, code) = project.json(&["heads"]);
    assert_eq!(
        (heads["format"].as_i64(), heads["command"].as_str(), heads["ok"].as_bool(), code),
        (Some(1), Some("heads"), Some(true), 0)
    );
    let (error, code) = project.json(&["show", "nope"]);
    assert_eq!(
        (error["ok"].as_bool(), error["error"]["code"].as_str(), code),
        (Some(false), Some("unknown-revision"), 2)
    );
}
