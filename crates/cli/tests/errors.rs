//! Errors a person can act on: each says what, where and what to do, and exits with its code.

use std::process::Command;

use cutover_testkit::{Project, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// Checks that a text has all of these in it.
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
}

fn offline() -> Project {
    Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"))
}

#[test]
fn a_failing_statement_is_shown_in_its_file() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", "CREATE TABLE a (id int);", "DROP TABLE a;");
    project.revision(
        "0002",
        "0001",
        "CREATE TABLE b (id int);\nINSERT INTO b VALUES (1);\nALTER TABLE a ADD COLUMN x nosuchtype;",
        "",
    );
    let err = project.fails(&["upgrade"], 1);
    has(
        &err,
        &[
            "error: type \"nosuchtype\" does not exist",
            "migrations/0002_test.sql:9:28",
            "9 | ALTER TABLE a ADD COLUMN x nosuchtype;",
            "  |                            ^^^^^^^^^^",
            "SQLSTATE 42704",
            "done before: 1 revision, up to 0001",
            "was rolled back",
            "run \"cutover upgrade\" again",
        ],
    );
    assert_eq!(psql(server(), &database.url(), "SELECT to_regclass('b') IS NULL"), "t");
    // an error without a position points at its statement
    project.revision("0002", "0001", "INSERT INTO a VALUES (1), (1);\nCREATE UNIQUE INDEX ON a (id);", "");
    let err = project.fails(&["upgrade"], 1);
    has(&err, &["could not create unique index", "0002_test.sql:8:1", "detail: Key (id)=(1) is duplicated."]);
    let (json, code) = project.json(&["upgrade"]);
    assert_eq!(code, 1);
    assert_eq!(json["error"]["code"], "step-failed");
    assert_eq!(json["error"]["places"][0]["line"], 8);
}

#[test]
fn targets_that_mean_nothing_are_explained() {
    let project = offline();
    project.revision("0001", "base", "", "");
    project.revision("0012", "0001", "", "");
    project.revision("0013", "0001", "", "");
    has(&project.fails(&["show", "0021"], 2), &["there is no revision 0021", "did you mean 0001?"]);
    has(
        &project.fails(&["show", "001"], 2),
        &["001 is the beginning of 2 revisions: 0012, 0013", "write more"],
    );
    has(&project.fails(&["show", "head"], 2), &["there are 2 heads: 0012, 0013", "cutover merge 0012 0013"]);
    has(&project.fails(&["new", "x"], 2), &["there are 2 heads"]);
    has(&project.fails(&["show", "a b"], 2), &["\"a b\" is not a target"]);
    has(&project.fails(&["history", "0013:0012"], 2), &["0013 is not an ancestor of 0012"]);
    has(&project.fails(&["nonsense"], 2), &["unrecognized subcommand"]);
}

#[test]
fn revisions_that_do_not_fit_together_are_named() {
    let project = offline();
    project.revision("0001", "base", "", "");
    project.revision("0002", "0011", "", "");
    has(
        &project.fails(&["heads"], 2),
        &["revision 0002 revises 0011, which does not exist", "0002_test.sql:2:13", "did you mean 0001?"],
    );
    project.revision("0002", "0003", "", "");
    project.revision("0003", "0002", "", "");
    has(&project.fails(&["heads"], 2), &["cycle: 0002 -> 0003 -> 0002"]);
    project.revision("0002", "0001", "", "");
    project.revision("0003", "0002", "", "");
    project.write(
        "migrations/0003_again.sql",
        "--@ revision 0003\n--@ revises 0001\n--@ upgrade\n--@ downgrade\n",
    );
    has(&project.fails(&["heads"], 2), &["revision 0003 exists twice", "0003_again.sql", "0003_test.sql"]);
}

#[test]
fn files_that_do_not_follow_the_format_are_shown() {
    let project = offline();
    let cases: [(&str, &[&str]); 12] = [
        ("CREATE TABLE a ();\n", &["stands above the first section", "--@ upgrade"]),
        ("--@ revises base\n--@ upgrade\n--@ downgrade\n", &["no revision id", "--@ revision ID"]),
        ("--@ revision 0001\n--@ upgrade\n--@ downgrade\n", &["does not say what it revises"]),
        (
            "--@ revison 0001\n",
            &["no directive \"revison\"", "did you mean \"--@ revision ID\"?", "0001_test.sql:1:1"],
        ),
        ("--@ revision 0002\n--@ revises base\n--@ upgrade\n", &["does not begin with the revision id 0002"]),
        ("--@ revision 0001\n--@ revises base\n--@ downgrade\n", &["no section \"--@ upgrade\""]),
        (
            "--@ revision 0001\n--@ revises base\n--@ upgrade\n",
            &["no section \"--@ downgrade\"", "--@ irreversible \"why\""],
        ),
        (
            "--@ revision 0001\n--@ revises base\n--@ upgrade\nCREATE TABEL a ();\n--@ downgrade\n",
            &["syntax error at or near \"TABEL\"", "0001_test.sql:4:8"],
        ),
        (
            "--@ revision 0001\n--@ revises base\n--@ upgrade\n\\connect other\n--@ downgrade\n",
            &["\\connect is a command of psql", "--url"],
        ),
        (
            "--@ revision 0001\n--@ revises base\n--@ upgrade\nSELECT 1; COMMIT; SELECT 2;\n--@ downgrade\n",
            &["COMMIT cannot stand in a revision", "--@ sql"],
        ),
        (
            "--@ revision 0001\n--@ revises base\n--@ upgrade\nBEGIN;\n--@ downgrade\n",
            &["BEGIN cannot stand"],
        ),
        (
            "--@ revision 0001\n--@ revises base\n--@ upgrade\nRESET ALL;\n--@ downgrade\n",
            &["RESET ALL would undo"],
        ),
    ];
    for (text, expected) in cases {
        project.write("migrations/0001_test.sql", text);
        has(&project.fails(&["upgrade", "--sql", ":head"], 2), expected);
    }
    std::fs::write(project.migrations().join("0001_test.sql"), b"--@ revision 0001\n-- caf\xe9\n")
        .unwrap_or_else(|e| panic!("{e}"));
    has(&project.fails(&["heads"], 2), &["is not UTF-8", "0xe9 on line 2", "iconv"]);
}

#[test]
fn crlf_and_a_byte_order_mark_are_no_error() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    let text = "\u{feff}--@ revision 0001\r\n--@ revises base\r\n\r\n-- Windows\r\n\r\n--@ upgrade\r\nCREATE TABLE a (x text);\r\nCOPY a FROM stdin;\r\none\r\ntwo\r\n\\.\r\nINSERT INTO a VALUES ('three');\r\n--@ downgrade\r\nDROP TABLE a;\r\n";
    project.write("migrations/0001_test.sql", text);
    project.ok(&["upgrade"]);
    assert_eq!(psql(server(), &database.url(), "SELECT string_agg(x, ',') FROM a"), "one,two,three");
    // an editor that changes the line ends has not edited the revision
    project.write("migrations/0001_test.sql", &text.replace("\r\n", "\n"));
    has(&project.ok(&["status"]), &["pending   nothing"]);
    assert!(!project.ok(&["status"]).contains("edited"));
}

#[test]
fn no_server_no_database_and_a_wrong_password_are_told_apart() {
    let database = cutover_testkit::database();
    let project = offline();
    let err = project.fails(&["current", "--url", "postgresql://me:s3cret@127.0.0.1:1/x"], 1);
    has(&err, &["no PostgreSQL server answers at 127.0.0.1:1", "check the host"]);
    assert!(!err.contains("s3cret"));
    let url = database.url().replace(database.name(), "no_such_database");
    has(
        &project.fails(&["current", "--url", &url], 1),
        &["has no database \"no_such_database\"", "createdb"],
    );
    has(
        &project.fails(&["current", "--url", "postgresql://h/x?sslmod=require"], 2),
        &["did you mean \"sslmode\"?"],
    );
    has(&project.fails(&["current", "--env", "prod"], 2), &["there is no environment \"prod\""]);
}

#[test]
fn a_wrong_key_in_the_configuration_is_named() {
    let project = offline();
    project.write("cutover.toml", "migrations = \"migrations\"\nlock_timout = \"1s\"\n");
    has(
        &project.fails(&["heads"], 2),
        &["cutover.toml:2: there is no key \"lock_timout\"", "did you mean \"lock_timeout\"?"],
    );
    project.write("cutover.toml", "naming = \"{nummer}_{slug}\"\n");
    has(&project.fails(&["heads"], 2), &["cutover.toml:1", "{nummer}"]);
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap_or_else(|e| panic!("{e}"));
    has(&project.fails(&["heads"], 2), &["there is no cutover.toml", "cutover init"]);
}

#[test]
fn a_database_that_cannot_be_changed_is_recognised() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = Project::new(CUTOVER, Some(&url));
    project.revision("0001", "base", "CREATE TABLE a ();", "DROP TABLE a;");
    let name = database.name();
    psql(server(), &url, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    has(&project.fails(&["upgrade"], 1), &["is read only", "connect to the primary"]);
    let reset = format!(
        "SET default_transaction_read_only = off; ALTER DATABASE {name} RESET default_transaction_read_only"
    );
    psql(server(), &server().url("postgres"), &reset);
    psql(server(), &url, &format!("CREATE ROLE role_{name} LOGIN"));
    let poor = url.replace("user=postgres", &format!("user=role_{name}"));
    assert_ne!(poor, url);
    has(
        &project.fails(&["upgrade", "--url", &poor], 1),
        &["may not create the schema \"cutover\"", "GRANT CREATE ON DATABASE"],
    );
    project.ok(&["upgrade"]);
    has(&project.fails(&["status", "--url", &poor], 1), &["may not use the ledger", "GRANT"]);
    psql(server(), &url, "UPDATE cutover.ledger SET format = 99");
    has(&project.fails(&["upgrade"], 1), &["the ledger has format 99", "later one"]);
    psql(server(), &url, "ALTER TABLE cutover.revision RENAME COLUMN checksum TO sum");
    has(&project.fails(&["upgrade"], 1), &["the ledger has format 99"]);
}

#[test]
fn an_edited_file_and_an_unknown_revision_stop_the_upgrade() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", "CREATE TABLE a ();", "DROP TABLE a;");
    project.revision("0002", "0001", "CREATE TABLE b ();", "DROP TABLE b;");
    project.ok(&["upgrade", "0001"]);
    project.revision("0001", "base", "-- a comment is no edit\nCREATE TABLE   a ( );", "DROP TABLE a;");
    project.ok(&["upgrade", "--plan"]);
    project.revision("0001", "base", "CREATE TABLE a (id int);", "DROP TABLE a;");
    has(
        &project.fails(&["upgrade"], 1),
        &["a file was edited after it was applied: 0001", "cutover stamp 0001"],
    );
    has(&project.ok(&["status"]), &["edited", "0001"]);
    project.ok(&["stamp", "0001"]);
    project.ok(&["upgrade"]);
    std::fs::remove_file(project.migrations().join("0002_test.sql")).unwrap_or_else(|e| panic!("{e}"));
    has(
        &project.fails(&["upgrade"], 1),
        &["the database has a revision that is not among the files: 0002", "stamp --purge"],
    );
    has(&project.ok(&["status"]), &["unknown", "0002"]);
    project.ok(&["stamp", "--purge", "0001"]);
    has(&project.ok(&["upgrade"]), &["nothing to do"]);
}

#[test]
fn a_guard_that_does_not_hold_stops_the_run() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (7);\n--@ guard \"a is empty\" expect no rows\nSELECT id FROM a;\n--@ sql\nDROP TABLE a;", "");
    has(
        &project.fails(&["upgrade"], 1),
        &[
            "the guard \"a is empty\" does not hold: expected no rows, found 1 row, the first 7",
            "1 of 3 steps are done",
        ],
    );
    has(&project.ok(&["status"]), &["half done", "upgrade of 0001: 1 of 3 steps"]);
    has(&project.fails(&["downgrade", "base"], 1), &["revision 0001 is half done"]);
    psql(server(), &database.url(), "DELETE FROM a");
    project.ok(&["upgrade"]);
    assert_eq!(psql(server(), &database.url(), "SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn a_done_step_may_not_be_edited_and_a_later_one_may() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    let steps = |first: &str, second: &str| format!("{first}\n--@ sql\n{second}");
    project.revision(
        "0001",
        "base",
        &steps("CREATE TABLE a (id int);", "CREATE TABLE b (id nosuchtype);"),
        "",
    );
    project.fails(&["upgrade"], 1);
    project.revision("0001", "base", &steps("CREATE TABLE a (id bigint);", "CREATE TABLE b (id int);"), "");
    has(
        &project.fails(&["upgrade"], 1),
        &["step 1 of revision 0001 is already done, and the file was edited"],
    );
    project.revision("0001", "base", &steps("CREATE TABLE a (id int);", "CREATE TABLE b (id int);"), "");
    project.ok(&["upgrade"]);
}

#[test]
fn a_backup_is_taken_or_nothing_runs() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", "CREATE TABLE a (id int);", "DROP TABLE a;");
    let err = project.fails(&["upgrade", "--backup", "no/such/folder/x.dump"], 1);
    has(&err, &["there is no backup, so nothing was run"]);
    assert_eq!(psql(server(), &database.url(), "SELECT to_regnamespace('cutover') IS NULL"), "t");
    psql(server(), &database.url(), "CREATE TABLE kept (id int)");
    project.ok(&["upgrade", "--backup", "x.dump"]);
    let restore = server().cluster().binaries().tool("pg_restore");
    let list = Command::new(restore)
        .arg("--list")
        .arg(project.folder().join("x.dump"))
        .output()
        .unwrap_or_else(|e| panic!("{e}"));
    has(&String::from_utf8_lossy(&list.stdout), &["TABLE public kept"]);
    project.ok(&["downgrade", "base"]);
    has(&project.fails(&["upgrade", "--backup", "x.dump"], 1), &["exists already"]);
}
