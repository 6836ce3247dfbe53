//! A folder in which most things are wrong, and everything that is concluded of it.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use std::path::PathBuf;

use cutover_core::adopt::folder::{Folder, Source, read};
use cutover_core::report::Conclusion;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/adopt").join(name)
}

/// Files of a folder in one text: `=== path` and what is in it.
fn sources(text: &str) -> Vec<Source> {
    let one = |part: &str| {
        let (path, text) = part.split_once('\n').unwrap();
        Source { path: path.to_owned(), text: text.to_owned() }
    };
    text.strip_prefix("=== ").unwrap().split("\n=== ").map(|part| one(&format!("{part}\n"))).collect()
}

fn shown(folder: &Folder) -> String {
    let mut out = format!("{:?}\n", folder.layout);
    for it in &folder.changes {
        let number = it.number.as_deref().unwrap_or("-");
        let back = it.back.as_ref().map(|it| format!(" < {}:{}", it.path, it.line)).unwrap_or_default();
        let how = if it.forward.is_transactional { "" } else { ", not in one transaction" };
        out += &format!("{number} {} ({}){back}{how}\n", it.name, it.message);
    }
    for it in &folder.conclusions {
        out += &conclusion(it);
    }
    out
}

fn conclusion(it: &Conclusion) -> String {
    let line = it.place.as_ref().map(|it| format!(":{}", it.line)).unwrap_or_default();
    let mut out = format!("\n{:?} {} {}{line}\n  {}\n", it.weight, it.id, it.about, it.text);
    it.evidence.iter().flat_map(|it| it.lines()).for_each(|line| out += &format!("    {line}\n"));
    it.next.iter().for_each(|next| out += &format!("  next: {next}\n"));
    out
}

/// Compares with the file of that name; `CUTOVER_WRITE_EXPECTED=1` writes it.
fn check(name: &str) {
    let text = std::fs::read_to_string(fixture(&format!("{name}.txt"))).unwrap();
    let found = shown(&read(sources(&text)));
    let expected = fixture(&format!("{name}.expected"));
    if std::env::var_os("CUTOVER_WRITE_EXPECTED").is_some() {
        std::fs::write(&expected, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&expected).unwrap();
    assert!(found == expected, "fixtures/adopt/{name}.expected differs; what was found:\n{found}");
}

#[test]
fn everything_that_is_wrong_with_a_folder_is_told() {
    check("nasty");
}

#[test]
fn the_files_of_tools_are_read_by_their_rules() {
    for name in ["flyway", "dbmate", "goose", "golang_migrate", "prisma", "drizzle", "sqitch", "unordered"] {
        check(name);
    }
}

#[test]
fn no_password_is_told() {
    let text = "\\set app_password hunter2\nCREATE ROLE a LOGIN PASSWORD 'hunter2';\nCREATE ROLE b PASSWORD :'app_password';\n\
        ALTER ROLE a PASWORD 'hunter2';\n";
    let folder = read(vec![Source { path: "1_a.sql".into(), text: text.into() }]);
    let told: String = folder.conclusions.iter().map(conclusion).collect();
    assert!(told.contains("PASSWORD '***'") && !told.contains("hunter2"), "{told}");
}

/// What is taken out of a text leaves its lines where they are.
#[test]
fn a_part_has_the_lines_of_its_file() {
    let text = std::fs::read_to_string(fixture("nasty.txt")).unwrap();
    let all = sources(&text);
    let folder = read(all.clone());
    for change in &folder.changes {
        let source = all.iter().find(|it| it.path == change.forward.path).unwrap();
        let lines = |text: &str| text.matches('\n').count();
        assert_eq!(lines(&change.forward.sql), lines(&source.text), "{}", source.path);
    }
    let first = folder.changes.iter().find(|it| it.name == "001_users").unwrap();
    assert!(!first.forward.sql.contains("BEGIN") && !first.forward.sql.contains("COMMIT"));
    assert_eq!(
        first.forward.sql.lines().nth(2),
        Some("CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);")
    );
}

/// Paths and texts.
type Files<'f> = &'f [(&'f str, &'f str)];

/// What is concluded of files, as `id about:line`, but for ways back.
fn told(files: Files) -> Vec<String> {
    let source = |(path, text): &(&str, &str)| Source { path: (*path).to_owned(), text: (*text).to_owned() };
    let found = read(files.iter().map(source).collect()).conclusions;
    let line = |it: &Conclusion| it.place.as_ref().map_or(0, |it| it.line);
    let all = found.iter().filter(|it| it.id != "no-way-back");
    all.map(|it| format!("{} {}:{}", it.id, it.about, line(it))).collect()
}

#[test]
fn what_is_well_is_left_alone() {
    let nothing: [&str; 0] = [];
    let table: [Files; 20] = [
        // what is dropped may be made again, and so may what has another name by then
        &[("1_a.sql", "CREATE TABLE a (x int); DROP TABLE a; CREATE TABLE a (y int)")],
        &[("1_a.sql", "CREATE TABLE a (x int); ALTER TABLE a RENAME TO b; CREATE TABLE a (x int)")],
        &[("1_a.sql", "CREATE TABLE a (x int); ALTER TABLE a RENAME x TO y; ALTER TABLE a ADD x int")],
        &[("1_a.sql", "CREATE TABLE a (x int); ALTER TABLE a SET SCHEMA s; CREATE TABLE a (x int)")],
        &[(
            "1_a.sql",
            "CREATE SCHEMA s; CREATE TABLE s.a (x int); DROP SCHEMA s CASCADE; CREATE SCHEMA s; CREATE TABLE s.a ()",
        )],
        &[(
            "1_a.sql",
            "CREATE TABLE a (x int); CREATE INDEX i ON a (x); DROP TABLE a; CREATE TABLE a (x int); CREATE INDEX i ON a (x)",
        )],
        &[("1_a.sql", "SET search_path = s; CREATE TABLE a (x int)"), ("2_a.sql", "CREATE TABLE a (x int)")],
        &[(
            "1_a.sql",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        )],
        &[
            ("1_a.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS a"),
            ("2_a.sql", "CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b"),
        ],
        &[("1_a.sql", "CREATE TEMP TABLE a (x int)"), ("2_a.sql", "CREATE TEMP TABLE a (y int)")],
        &[(
            "1_a.sql",
            "CREATE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f(); CREATE TRIGGER t BEFORE UPDATE ON b EXECUTE FUNCTION f()",
        )],
        // CASCADE takes along what nobody names
        &[
            (
                "1_a.sql",
                "CREATE VIEW a AS SELECT 1; CREATE MATERIALIZED VIEW b AS SELECT * FROM a; CREATE VIEW c AS SELECT * FROM b",
            ),
            (
                "2_b.sql",
                "DROP VIEW a CASCADE; CREATE VIEW a AS SELECT 2; CREATE MATERIALIZED VIEW b AS SELECT * FROM a; CREATE VIEW c AS SELECT * FROM b",
            ),
        ],
        // what is made anew is not dropped
        &[("1_a.sql", "CREATE VIEW a AS SELECT 1"), ("2_b.sql", "DROP VIEW a; CREATE VIEW a AS SELECT 2")],
        // colons and backslashes that are not psql's
        &[("1_a.sql", "SELECT a[1:n], b::text, ':x', $$ :x \\d $$, 'a\\b' FROM t; -- :x \\i y")],
        &[("1_a.sql", "SELECT JSON_OBJECT('a':b, 'c':'d') FROM t")],
        &[("1_a.sql", "COPY t FROM stdin;\n\\N\t:x\n\\.\n")],
        &[(
            "1_a.sql",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 1",
        )],
        &[(
            "1_a.sql",
            "GRANT SELECT (a), UPDATE ON t TO r; GRANT ALL ON SCHEMA s TO r; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA s TO r; REVOKE TEMP ON DATABASE d FROM r; ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO r",
        )],
        &[("10_a.sql", "SELECT 1"), ("20_b.sql", "SELECT 2"), ("30_c.sql", "SELECT 3")],
        &[("20240101_a.sql", "SELECT 1"), ("20240301_b.sql", "SELECT 2"), ("20250301_c.sql", "SELECT 3")],
    ];
    for files in table {
        assert_eq!(told(files), nothing, "{files:?}");
    }
}

#[test]
fn each_thing_is_told_where_it_stands() {
    let table: [(Files, &[&str]); 26] = [
        (
            &[("1_a.sql", "CREATE TABLE a (x int)"), ("2_b.sql", "\nCREATE TABLE a (x int)")],
            &["overlap 2_b.sql:2", "same-text 2_b.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "CREATE TABLE a (x bool not null default true)"),
                ("2_b.sql", "CREATE TABLE IF NOT EXISTS public.a (x boolean DEFAULT true NOT NULL)"),
            ],
            &["created-twice 2_b.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "CREATE TABLE IF NOT EXISTS a (x int)"),
                ("2_b.sql", "CREATE TABLE IF NOT EXISTS a (y int)"),
            ],
            &["contradiction 2_b.sql:1"],
        ),
        (
            &[("1_a.sql", "CREATE VIEW a AS SELECT 1"), ("2_b.sql", "CREATE TABLE IF NOT EXISTS a (y int)")],
            &["contradiction 2_b.sql:1"],
        ),
        (
            &[("1_a.sql", "CREATE TABLE a (x int)"), ("2_b.sql", "ALTER TABLE a ADD COLUMN x int")],
            &["overlap 2_b.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "CREATE TABLE a (x int)"),
                ("2_b.sql", "ALTER TABLE a ADD COLUMN IF NOT EXISTS x int"),
            ],
            &["created-twice 2_b.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "CREATE INDEX IF NOT EXISTS i ON a (x)"),
                ("2_b.sql", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (x)"),
            ],
            &["created-twice 2_b.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "CREATE INDEX IF NOT EXISTS i ON a (x)"),
                ("2_b.sql", "CREATE INDEX IF NOT EXISTS i ON a (y)"),
            ],
            &["contradiction 2_b.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "CREATE TYPE t AS ENUM ('a')"),
                ("2_b.sql", "CREATE TYPE t AS ENUM ('a')"),
                ("3_c.sql", "DROP TYPE t"),
            ],
            &["overlap 2_b.sql:1", "same-text 2_b.sql:1", "drops-of-other 3_c.sql:1"],
        ),
        // a trial leaves nothing
        (
            &[("1_a.sql", "BEGIN; CREATE TABLE a (x int); ROLLBACK;"), ("2_b.sql", "CREATE TABLE a (x int)")],
            &["rolls-back 1_a.sql:1"],
        ),
        (
            &[("1_a.sql", "SET client_min_messages = warning;\nSTART TRANSACTION;\nSELECT 1;\nEND;")],
            &["wrapped 1_a.sql:2"],
        ),
        (
            &[("1_a.sql", "BEGIN;\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;\nCOMMIT;")],
            &["commit-in-the-middle 1_a.sql:3"],
        ),
        (
            &[("1_a.sql", "BEGIN;\nSELECT 1;\nCOMMIT;\nVACUUM t;")],
            &["commit-in-the-middle 1_a.sql:3", "outside-beside-others 1_a.sql:4"],
        ),
        (&[("1_a.sql", "SELECT 1;\nBEGIN;\nVACUUM t;\nCOMMIT;")], &["outside-in-transaction 1_a.sql:3"]),
        (&[("1_a.sql", "SELECT 1;\nCOMMIT;")], &["commit-without-begin 1_a.sql:2"]),
        (
            &[("1_a.sql", "ALTER TYPE t ADD VALUE 'x';\nINSERT INTO a VALUES ('x');")],
            &["enum-value-used 1_a.sql:1"],
        ),
        (
            &[
                ("1_a.sql", "SELECT 1;\nCREATE TABEL a ();\nCREATE TABLE b ();"),
                ("2_b.sql", "CREATE TABLE b ();"),
            ],
            &["not-sql 1_a.sql:2", "overlap 2_b.sql:1"],
        ),
        (&[("1_a.sql", "SELECT\n:'x';")], &["psql-variable 1_a.sql:2"]),
        (
            &[(
                "1_a.sql",
                "DO $$ BEGIN IF true THEN CREATE ROLE r; END IF; END $$;\nCREATE TABLESPACE s LOCATION '/x'",
            )],
            &["cluster-wide 1_a.sql:1", "cluster-wide 1_a.sql:2", "outside-beside-others 1_a.sql:2"],
        ),
        (
            &[(
                "1_a.sql",
                "CREATE USER MAPPING FOR a SERVER s;\nIMPORT FOREIGN SCHEMA x FROM SERVER s INTO y",
            )],
            &["reads-outside 1_a.sql:2"],
        ),
        (&[("1_a.sql", "COPY t TO PROGRAM 'mail'")], &["writes-outside 1_a.sql:1"]),
        (&[("a/1_a.sql", "SELECT 1"), ("b/1_b.sql", "SELECT 2")], &["several-rows the folder:0"]),
        (
            &[("3_a.sql", "SELECT 1"), ("4_b.sql", "SELECT 2"), ("7_c.sql", "SELECT 3")],
            &["missing-number the row of numbers:1", "row-begins-late 3_a.sql:1"],
        ),
        (
            &[("1_a.sql", "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n--rollback SELECT 2;")],
            &["liquibase 1_a.sql:1"],
        ),
        (
            &[("1_a.sql", "SELECT 0;\n-- +migrate Up\nCREATE TABEL a;\n-- +migrate Down\nDROP TABLE a;")],
            &["not-sql 1_a.sql:3", "outside-sections 1_a.sql:1"],
        ),
        (
            &[("all.sql", "\\i 2_b.sql\n\\i 1_a.sql"), ("1_a.sql", "SELECT 1"), ("2_b.sql", "SELECT 2")],
            &["list-of-files all.sql:1"],
        ),
    ];
    let wrong = table.iter().filter(|(files, expected)| told(files) != *expected);
    let wrong: Vec<String> = wrong.map(|(files, _)| format!("{files:?}\n    {:?}", told(files))).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
