//! `cutover doctor` on projects in which one thing each is wrong: it is found, where it is, with its evidence.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::Project;
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A project without a database.
fn project() -> Project {
    Project::new(CUTOVER, None)
}

/// What was found, but for notes about the project itself: `id about: text`.
fn found(project: &Project, args: &[&str]) -> Vec<String> {
    let (data, code) = project.json(&[&["doctor"], args].concat());
    let all = conclusions(&data);
    let is_wrong = all.iter().any(|it| it["weight"] != "note");
    assert_eq!(code, if is_wrong { 3 } else { 0 }, "{data:#}");
    let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    all.iter()
        .filter(|it| it["id"] != "no-models")
        .map(|it| format!("{} {}: {}", text(it, "id"), text(it, "about"), text(it, "text")))
        .collect()
}

fn conclusions(data: &Value) -> Vec<Value> {
    data["conclusions"].as_array().unwrap_or_else(|| panic!("{data:#}")).clone()
}

/// The evidence of the only conclusion of a kind.
fn evidence(project: &Project, id: &str) -> String {
    let (data, _) = project.json(&["doctor"]);
    let all = conclusions(&data);
    let of: Vec<&Value> = all.iter().filter(|it| it["id"] == id).collect();
    assert_eq!(of.len(), 1, "{id} in {data:#}");
    let lines = of[0]["evidence"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn has(found: &[String], begins: &str) {
    assert!(found.iter().any(|it| it.starts_with(begins)), "{begins} in {found:#?}");
}

const NOTES: &str = "CREATE TABLE notes (id bigint PRIMARY KEY, body text);";

#[test]
fn a_sound_project_has_nothing_wrong() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision(
        "0002",
        "0001",
        "ALTER TABLE notes ADD COLUMN at date;",
        "ALTER TABLE notes DROP COLUMN at;",
    );
    // an empty database has no rows for it to change: that is no fault of it
    project.revision(
        "0003",
        "0002",
        "UPDATE notes SET body = '' WHERE body IS NULL;",
        "UPDATE notes SET body = NULL;",
    );
    assert_eq!(found(&project, &[]), Vec::<String>::new());
    let text = project.ok(&["doctor"]);
    assert!(text.ends_with("nothing is wrong, 1 note\n"), "{text}");
    assert!(text.contains("not looked at: files edited"), "{text}");
}

#[test]
fn what_is_meant_to_be_so_is_not_wrong() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    // lines with labels, a guard that has nothing to undo, an extension that this server does not have
    project.revision(
        "0002",
        "0001\n--@ branch side",
        "--@ guard \"none\" expect no rows\nSELECT 1 FROM notes;",
        "",
    );
    project.revision(
        "0003",
        "0001",
        "CREATE EXTENSION no_such_extension;",
        "DROP EXTENSION no_such_extension;",
    );
    let all = found(&project, &[]);
    assert_eq!(all.len(), 1, "{all:#?}");
    has(&all, "not-tried-here 0003: cannot be tried here: extension \"no_such_extension\" is not available");
}

#[test]
fn revisions_that_do_nothing_are_found_by_their_text_and_by_replaying_them() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision("0002", "0001", "-- ALTER TABLE notes ADD COLUMN at date;", "");
    project.revision("0003", "0002", "ALTER TABLE notes ALTER COLUMN body DROP NOT NULL;", "SELECT 1;");
    let found = found(&project, &[]);
    has(&found, "does-nothing 0002: its upgrade has comments only");
    has(&found, "does-nothing 0003: replayed, its statements change nothing");
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn downgrades_are_missing_fail_or_do_not_restore() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision("0002", "0001", "ALTER TABLE notes ADD COLUMN at date;", "");
    project.revision(
        "0003",
        "0002",
        "ALTER TABLE notes ADD COLUMN b int;",
        "ALTER TABLE notes DROP COLUMN c;",
    );
    project.revision(
        "0004",
        "0003",
        "CREATE INDEX i ON notes (b); CREATE INDEX j ON notes (at);",
        "DROP INDEX i; DROP INDEX j; DROP TABLE notes;",
    );
    project.revision("0005", "0004", "CREATE TABLE last (id int);", "ALTER TABLE last RENAME TO gone;");
    let all = found(&project, &[]);
    has(&all, "empty-downgrade 0002: its downgrade is empty");
    has(&all, "downgrade-fails 0003: its downgrade fails: column \"c\" of relation \"notes\" does not exist");
    has(&all, "downgrade-does-not-restore 0004");
    has(&all, "downgrade-does-not-restore 0005: its downgrade does not restore");
    assert!(!all.iter().any(|it| it.starts_with("chain-fails")), "{all:#?}");
    // what needs a server is left out
    let fast = found(&project, &["--fast"]);
    assert_eq!(fast.len(), 1, "{fast:#?}");
}

#[test]
fn a_chain_that_fails_is_explained_by_the_other_revisions() {
    let project = project();
    project.revision("0001", "base", "-- CREATE TABLE plans (id int);", "");
    project.revision("0002", "0001", NOTES, "DROP TABLE notes;");
    project.revision("0003", "0002", "DROP TABLE notes;", NOTES);
    project.revision("0004", "0003", "ALTER TABLE notes ADD COLUMN at date;", "");
    project.revision("0005", "0002", "ALTER TABLE plans ADD x int;", "ALTER TABLE plans DROP x;");
    project.revision("0006", "0002", "CREATE TABLE twice (id int);", "DROP TABLE twice;");
    project.revision("0007", "0002", "ALTER TABLE nowhere ADD x int;", "");
    project.revision("0008", "0002", "CREATE INDEX ON early (id);", "SELECT 1;");
    project.revision("0009", "0008", "CREATE TABLE early (id int);", "DROP TABLE later;");
    project.revision("0007b", "0002", "CREATE INDEX ON early (id);", "SELECT 1;");
    project.revision("0012", "0004", "CREATE INDEX ON notes (at);", "SELECT 1;");
    project.revision("0011", "0006", "CREATE TABLE twice (id int);", "DROP TABLE twice;");
    let all = found(&project, &[]);
    let said = |id: &str, part: &str| {
        let start = format!("chain-fails {id}: fails on a clean database: ");
        assert!(all.iter().any(|it| it.starts_with(&start) && it.contains(part)), "{id} {part} in {all:#?}");
    };
    said("0004", "0003 (migrations/0003_test.sql:7) removes it");
    said(
        "0005",
        "0001 (migrations/0001_test.sql) would make it, and has it in a comment: -- CREATE TABLE plans",
    );
    said("0011", "0006 (migrations/0006_test.sql:7) has made it before");
    said("0007", "no revision makes it");
    said("0008", "0009 (migrations/0009_test.sql:7) makes it, and comes later");
    said("0007b", "makes it, on a line that this revision does not need: --@ depends 0009");
    // what stands behind a revision that fails is tried all the same
    has(&all, "fails-with-it 0004: 1 behind it cannot be applied for want of what it makes");
    has(&all, "downgrade-fails 0009: its downgrade fails: table \"later\" does not exist");
}

#[test]
fn if_not_exists_that_hides_another_table_index_or_column_shows_both() {
    let project = project();
    project.revision(
        "0001",
        "base",
        "CREATE TABLE \"Flags\" (name text PRIMARY KEY, is_on boolean NOT NULL DEFAULT false);
        CREATE INDEX by_on ON \"Flags\" (is_on);",
        "DROP TABLE \"Flags\";",
    );
    project.revision(
        "0002",
        "0001",
        "CREATE TABLE IF NOT EXISTS \"Flags\" (id serial PRIMARY KEY, name varchar(80), is_on boolean NOT NULL DEFAULT false);",
        "SELECT 1;",
    );
    let shown = evidence(&project, "if-not-exists-hides");
    assert!(shown.contains("id: described integer NOT NULL DEFAULT nextval("), "{shown}");
    assert!(shown.contains("name: described character varying(80); there text NOT NULL"), "{shown}");
    assert!(!shown.contains("is_on:"), "{shown}");
    assert!(shown.contains("made by 0001 (migrations/0001_test.sql:7)"), "{shown}");
    project.revision(
        "0002",
        "0001",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS by_on ON \"Flags\" (is_on);",
        "SELECT 1;",
    );
    let shown = evidence(&project, "if-not-exists-hides");
    assert!(shown.contains("UNIQUE INDEX ON"), "{shown}");
    project.revision(
        "0002",
        "0001",
        "ALTER TABLE \"Flags\" ADD COLUMN IF NOT EXISTS is_on text;",
        "SELECT 1;",
    );
    let shown = evidence(&project, "if-not-exists-hides");
    assert!(shown.contains("is_on: described text; there boolean NOT NULL DEFAULT false"), "{shown}");
    // the same thing is hidden by nothing
    project.revision(
        "0002",
        "0001",
        "CREATE TABLE IF NOT EXISTS \"Flags\" (name text PRIMARY KEY, is_on boolean NOT NULL DEFAULT false);
        CREATE INDEX IF NOT EXISTS by_on ON \"Flags\" (is_on);",
        "SELECT 1;",
    );
    let all = found(&project, &[]);
    assert_eq!(all.len(), 1, "{all:#?}");
    has(&all, "does-nothing 0002");
}

#[test]
fn a_broken_project_is_examined_as_far_as_it_can_be() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.write(
        "migrations/0001_again.sql",
        "--@ revision 0001\n--@ revises base\n--@ upgrade\n--@ downgrade\n",
    );
    project.revision("0002", "0099", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.revision("0003", "0004", "CREATE TABLE b (id int);", "DROP TABLE b;");
    project.revision("0004", "0003", "CREATE TABLE c (id int);", "DROP TABLE d;");
    project.write("migrations/0005_x.sql", "--@ revision 5x\n--@ revises 0001\n--@ upgrade\n--@ downgrade\n");
    project.write(
        "migrations/0006_x.sql",
        "--@ revision 0006\n--@ revises 0001\n--@ nonsense\n--@ upgrade\n--@ downgrade\n",
    );
    project.write("migrations/0007_x.sql", "SELECT 1;\n");
    project.write(
        "migrations/0008_x.sql",
        "--@ revision 0008\n--@ revises 0001\n--@ upgrade\n\\i other.sql\n--@ downgrade\n",
    );
    project.write(
        "migrations/0009_x.sql",
        "--@ revision 0009\n--@ revises 0001\n--@ upgrade\nSELECT 1;\nCOMMIT;\n--@ downgrade\n",
    );
    std::fs::write(project.migrations().join("0010_x.sql"), b"--@ revision 0010\n\xff").unwrap();
    let all = found(&project, &[]);
    has(&all, "duplicate-id 0001: revision 0001 exists twice");
    has(&all, "missing-parent 0002: revision 0002 revises 0099, which does not exist");
    has(&all, "cycle 0003: these revisions form a cycle");
    has(&all, "file-name migrations/0005_x.sql: the file name does not begin with");
    has(&all, "bad-revision-file migrations/0006_x.sql: there is no directive \"nonsense\"");
    has(&all, "bad-revision-file migrations/0007_x.sql");
    has(
        &all,
        "psql-command migrations/0008_x.sql: \\i is a command of psql, not SQL: what it runs is in another file",
    );
    has(&all, "transaction-control 0009: COMMIT in the middle of the upgrade");
    has(&all, "unreadable-file migrations/0010_x.sql");
    // what is left was replayed
    has(&all, "downgrade-fails 0004: its downgrade fails: table \"d\" does not exist");
    has(&all, "several-heads history");
}

#[test]
fn what_reaches_outside_and_gates_that_never_open() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision("0002", "0001", "COPY notes FROM '/tmp/no-such-file.csv';", "DELETE FROM notes;");
    project.write(
        "migrations/0003_x.sql",
        "--@ revision 0003\n--@ revises 0001\n--@ requires unused table memos for 7 days\n--@ requires no rows: SELECT 1 FROM nowhere\n\
         --@ upgrade\n--@ run true\n--@ downgrade\n",
    );
    let all = found(&project, &[]);
    has(&all, "depends-on-outside 0002: COPY reads the file '/tmp/no-such-file.csv' of the server");
    has(&all, "depends-on-outside 0003: runs a program");
    has(
        &all,
        "gate-never-opens 0003: waits for table memos to be unused, and there is none when its turn comes",
    );
    has(&all, "gate-never-opens 0003: can never open: the gate");
}

#[test]
fn names_that_do_not_fit() {
    let project = project();
    let long = "0004_add_the_flag_that_says_whether_it_is_on";
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision("1b", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.revision(long, "1b", "CREATE TABLE b (id int);", "DROP TABLE b;");
    let all = found(&project, &["--fast"]);
    has(&all, "duplicate-number 1b: 2 files begin with the number 1");
    has(&all, &format!("long-id {long}: the id has 44 characters"));
}

#[test]
fn files_are_compared_with_what_was_applied() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision("0002", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.revision("0003", "0002", "CREATE TABLE b (id int);", "DROP TABLE b;");
    project.ok(&["upgrade"]);
    project.revision("0002", "0001", "CREATE TABLE a (id bigint);", "DROP TABLE a;");
    std::fs::remove_file(project.migrations().join("0003_test.sql")).unwrap();
    let all = found(&project, &["--fast", "--url", &database.url()]);
    has(&all, "edited-after-applied 0002: the file was edited after it was applied");
    has(&all, "applied-without-file 0003: it is applied in the database, and its file is gone");
    assert_eq!(all.len(), 2, "{all:#?}");
}

#[test]
fn what_was_squashed_is_not_gone() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    project.revision("0002", "0001", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.ok(&["upgrade"]);
    project.ok(&["squash", "base:0002"]);
    assert_eq!(found(&project, &["--against", &database.url()]), Vec::<String>::new());
}

#[test]
fn what_cannot_be_in_a_transaction_is_found_between_begin_and_commit() {
    let project = project();
    project.revision("0001", "base", NOTES, "DROP TABLE notes;");
    let both = "BEGIN;\nCREATE INDEX CONCURRENTLY i ON notes (body);\nCOMMIT;\nCREATE INDEX CONCURRENTLY j ON notes (id);";
    project.revision("0002", "0001", both, "DROP INDEX i, j;");
    let all = found(&project, &["--fast"]);
    has(&all, "concurrently-in-transaction 0002: CREATE INDEX CONCURRENTLY i ON notes inside a transaction");
    has(&all, "transaction-control 0002: BEGIN in the middle");
    assert_eq!(all.len(), 2, "{all:#?}");
}

#[test]
fn a_folder_of_sql_is_examined_as_adopt_would() {
    let project = project();
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    project.write("db/001_notes.sql", "CREATE TABLE notes (id int);\nCOMMIT;\n");
    project.write("db/001_again.sql", "CREATE INDEX CONCURRENTLY i ON memos (id);\n");
    let fast = found(&project, &["db", "--fast"]);
    has(&fast, "duplicate-number");
    has(&fast, "commit");
    let all = found(&project, &["db"]);
    has(&all, "statement-fails 001_again.sql: ");
    assert!(!fast.iter().any(|it| it.starts_with("statement-fails")), "{fast:#?}");
}
