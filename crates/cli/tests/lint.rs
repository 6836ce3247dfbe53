//! `cutover lint` as a user meets it: what is looked at, how it is printed, exit codes, fixes, reasons, wrong input.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use cutover_testkit::{Finished, Project};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A project with a table that exists and an index that is built on it the naive way. No test here has a server.
fn project() -> Project {
    let project = Project::new(CUTOVER, None);
    project.revision(
        "0001",
        "base",
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL);\nCREATE INDEX orders_id ON orders (id);",
        "DROP TABLE orders;",
    );
    project.revision(
        "0002",
        "0001",
        "CREATE INDEX orders_customer ON orders (customer_id);",
        "DROP INDEX CONCURRENTLY orders_customer;",
    );
    project
}

/// Runs it with a text on standard input.
fn with_input(project: &Project, args: &[&str], text: &[u8]) -> Finished {
    let mut command = project.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_finding_has_its_line_its_reason_and_its_fix() {
    let done = project().run(&["lint"]);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    let expected = "error[index-without-concurrently]: writes to orders wait until the index is built: it takes SHARE and reads every row
  --> migrations/0002_test.sql:7:1
  |
7 | CREATE INDEX orders_customer ON orders (customer_id);
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
";
    assert!(done.out.starts_with(expected), "{}", done.out);
    assert!(done.out.contains("fix: do it concurrently (--fix)"), "{}", done.out);
    assert!(done.out.ends_with("2 files looked at: 1 error\n"), "{}", done.out);
}

#[test]
fn the_table_that_a_revision_makes_is_nobodys_yet() {
    let done = project().run(&["lint", "0001"]);
    assert_eq!((done.code, done.out.as_str()), (0, "1 file looked at: nothing found\n"), "{}", done.err);
}

#[test]
fn a_fix_is_written_and_nothing_is_left() {
    let project = project();
    let done = project.run(&["lint", "0002", "--fix"]);
    assert_eq!((done.code, done.out.as_str()), (0, "1 file looked at: nothing found, 1 fixed\n"));
    let text = std::fs::read_to_string(project.migrations().join("0002_test.sql")).unwrap();
    assert!(text.contains("CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);"), "{text}");
    assert_eq!(project.run(&["lint"]).code, 0);
}

#[test]
fn a_reason_silences_and_is_shown() {
    let project = project();
    let upgrade = "--@ allow index-without-concurrently \"ten rows\"\nCREATE INDEX orders_customer ON orders (customer_id);";
    project.revision("0002", "0001", upgrade, "DROP INDEX CONCURRENTLY orders_customer;");
    let done = project.run(&["lint"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert!(
        done.out.contains("allowed: migrations/0002_test.sql:8 index-without-concurrently: ten rows"),
        "{}",
        done.out
    );
    let upgrade =
        "--@ allow index-without-concurrently\nCREATE INDEX orders_customer ON orders (customer_id);";
    project.revision("0002", "0001", upgrade, "DROP INDEX CONCURRENTLY orders_customer;");
    let done = project.run(&["lint"]);
    assert_eq!(done.code, 3);
    assert!(done.out.contains("reason"), "{}", done.out);
}

#[test]
fn every_format_has_the_finding() {
    let project = project();
    let (document, code) = project.json(&["lint"]);
    assert_eq!(code, 3);
    let finding = &document["findings"][0];
    assert_eq!(finding["rule"], "index-without-concurrently");
    assert_eq!((&finding["line"], &finding["column"]), (&7.into(), &1.into()));
    assert_eq!(finding["fix"]["edits"][0]["text"], " CONCURRENTLY");

    let sarif: serde_json::Value =
        serde_json::from_str(&project.run(&["lint", "--output", "sarif"]).out).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&sarif["version"], &result["ruleId"]),
        (&"2.1.0".into(), &"index-without-concurrently".into())
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "migrations/0002_test.sql");
    assert_eq!(place["region"]["startLine"], 7);
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], "index-without-concurrently");

    let github = project.run(&["lint", "--output", "github"]).out;
    assert!(
        github.starts_with("::error file=migrations/0002_test.sql,line=7,endLine=7,col=1,endColumn=53,title=index-without-concurrently::writes to orders"),
        "{github}"
    );
    let gitlab: serde_json::Value =
        serde_json::from_str(&project.run(&["lint", "--output", "gitlab"]).out).unwrap();
    assert_eq!(gitlab[0]["location"]["lines"]["begin"], 7);
    assert_eq!(gitlab[0]["severity"], "critical");
    let junit = project.run(&["lint", "--output", "junit"]).out;
    assert!(junit.contains("tests=\"2\" failures=\"1\""), "{junit}");
}

#[test]
fn levels_come_from_the_file_and_the_command_line() {
    let project = project();
    project.write(
        "cutover.toml",
        "[lint]\nrules = { \"index-without-concurrently\" = \"warning\" }\nfail = \"error\"\n",
    );
    assert_eq!(project.run(&["lint"]).code, 0);
    assert_eq!(project.run(&["lint", "--fail", "warning"]).code, 3);
    assert_eq!(project.run(&["lint", "--rule", "index-without-concurrently=off", "--fail", "note"]).code, 0);
    let err = project.fails(&["lint", "--rule", "index-without-concurently=off"], 2);
    assert!(err.contains("did you mean index-without-concurrently?"), "{err}");
    let err = project.fails(&["lint", "--fail", "bad"], 2);
    assert!(err.contains("note, warning or error"), "{err}");
    project.write("cutover.toml", "[lint]\nserver = 11\n");
    let err = project.fails(&["lint"], 2);
    assert!(err.contains("cutover.toml:2") && err.contains("12 to 18"), "{err}");
}

#[test]
fn plain_sql_is_looked_at_without_a_project() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.sql"), "SET lock_timeout = '1s';\nDROP TABLE users;\n").unwrap();
    let mut command = Command::new(CUTOVER);
    let output =
        command.args(["lint", "a.sql"]).current_dir(folder.path()).env("NO_COLOR", "1").output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{out}");
    assert!(out.contains("error[drop-table]") && out.contains("a.sql:2:1"), "{out}");
}

#[test]
fn standard_input_is_mended_on_standard_output() {
    let project = project();
    let done = with_input(
        &project,
        &["lint", "-", "--fix"],
        b"SET lock_timeout = '1s';\nCREATE INDEX i ON t (a);\n",
    );
    assert_eq!(done.out, "SET lock_timeout = '1s';\nCREATE INDEX CONCURRENTLY i ON t (a);\n", "{}", done.err);
    // what another tool renders is in a transaction, and nothing can be concurrent there
    let done = with_input(
        &project,
        &["lint", "-"],
        b"BEGIN;\nSET LOCAL lock_timeout = '1s';\nCREATE INDEX i ON t (a);\nCOMMIT;\n",
    );
    assert_eq!(done.code, 3);
    assert!(done.out.contains("<stdin>:3:1") && !done.out.contains("--fix"), "{}", done.out);
}

#[test]
fn what_does_not_parse_is_told_and_the_rest_is_looked_at() {
    let project = project();
    let sql = b"SET lock_timeout = '1s';\nCREATE INDX i ON t (a);\nDROP TABLE t;\nSELECT 'x;\n";
    let done = with_input(&project, &["lint", "-"], sql);
    assert_eq!(done.code, 3);
    assert!(
        done.out.contains("syntax error at or near \"INDX\"") && done.out.contains("<stdin>:2:8"),
        "{}",
        done.out
    );
    assert!(done.out.contains("error[drop-table]"), "{}", done.out);
    assert!(done.out.contains("unterminated quoted string"), "{}", done.out);
    let done = with_input(&project, &["lint", "-"], &[0; 5000]);
    assert_eq!(done.code, 3);
    assert!(done.out.contains("NUL"), "{}", done.out);
    let done = with_input(&project, &["lint", "-"], b"SELECT '\xff';");
    assert_eq!(done.code, 1);
    assert!(done.err.contains("on line 1 cannot stand there"), "{}", done.err);
    let err = project.fails(&["lint", "nothing.sql"], 1);
    assert!(err.contains("nothing.sql cannot be read"), "{err}");
    let err = project.fails(&["lint", "0009"], 2);
    assert!(err.contains("0009"), "{err}");
}

#[test]
fn a_large_statement_and_a_large_file_are_no_matter() {
    let project = project();
    let rows: Vec<String> = (0..60_000).map(|n| format!("({n}, 'row {n}')")).collect();
    let statement =
        format!("CREATE TABLE t (id int, name text);\nINSERT INTO t VALUES {};\n", rows.join(", "));
    assert!(statement.len() > 1_000_000);
    let done = with_input(&project, &["lint", "-"], statement.as_bytes());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}

#[test]
fn a_branch_is_looked_at_as_one() {
    let project = project();
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
            .args(args)
            .current_dir(project.folder())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init"]);
    git(&["add", "."]);
    git(&["commit", "-m", "before"]);
    project.revision(
        "0003",
        "0002",
        "CREATE TABLE notes (id bigint PRIMARY KEY, a text);",
        "DROP TABLE notes;",
    );
    project.revision("0004", "0003", "CREATE INDEX notes_a ON notes (a);", "DROP INDEX notes_a;");
    let done = project.run(&["lint", "--since", "git:main"]);
    assert_eq!((done.code, done.out.as_str()), (0, "2 files looked at: nothing found\n"), "{}", done.err);
    // one that was there is changed
    project.revision("0001", "base", "CREATE TABLE orders (id bigint PRIMARY KEY);", "DROP TABLE orders;");
    let done = project.run(&["lint", "--since", "git:main"]);
    assert!(done.out.contains("[edited-after-applied]"), "{}", done.out);
    let err = project.fails(&["lint", "--since", "main"], 2);
    assert!(err.contains("git:REF"), "{err}");
}
