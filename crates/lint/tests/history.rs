//! The rules about revisions, their history and the text: files as people write them, and what is said of each.

use cutover_lint::{Options, Settings, Source, lint};

/// The rules that files give, each as `file: rule`; those that a file accepts are left out. All files are looked at
/// but those whose names begin with `-`.
fn found_with(files: &[(&str, &str)], settings: Settings) -> Vec<String> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(name, text)| Source::read(name.trim_start_matches('-'), (*text).into(), false))
        .collect();
    let looked_at: Vec<bool> = files.iter().map(|(name, _)| !name.starts_with('-')).collect();
    let options = Options { settings, ..Options::default() };
    let found = lint(&sources, &looked_at, &options);
    let mut found: Vec<String> = found
        .iter()
        .filter(|finding| finding.allowed.is_none())
        .map(|finding| format!("{}: {}", sources[finding.source].name, finding.rule))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn found(files: &[(&str, &str)]) -> Vec<String> {
    found_with(files, Settings::default())
}

/// The rules that one revision gives whose two sections are these.
fn sections(up: &str, down: &str) -> Vec<String> {
    revision_after("", up, down)
}

/// The same after a revision that makes something.
fn revision_after(before: &str, up: &str, down: &str) -> Vec<String> {
    let first = header("0001", "base", "--@ irreversible \"a case\"") + before;
    let second = header("0002", "0001", "") + up + "\n--@ downgrade\n" + down + "\n";
    let found = found(&[("-0001.sql", &first), ("0002.sql", &second)]);
    found.into_iter().map(|it| it.trim_start_matches("0002.sql: ").to_owned()).collect()
}

fn header(id: &str, parents: &str, more: &str) -> String {
    format!("--@ revision {id}\n--@ revises {parents}\n{more}\n\n-- A case.\n\n--@ upgrade\n")
}

/// A revision that does something, and cannot go back.
fn whole(id: &str, parents: &str, more: &str) -> String {
    header(id, parents, &format!("--@ irreversible \"a case\"\n{more}"))
        + &format!("CREATE TABLE t{id} (n bigint);\n")
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_revision_does_something() {
    let empty = header("0001", "base", "--@ irreversible \"a case\"");
    assert_eq!(found(&[("0001.sql", &empty)]), ["0001.sql: no-op-revision"]);
    assert_eq!(sections("", ""), ["no-op-revision"]);
    assert_eq!(sections("-- later\n--@ sql\n", "SELECT 1;"), ["no-op-revision"]);
    assert_eq!(sections("--@ run true\n", ""), NOTHING);
    assert_eq!(sections("SELECT 1;", ""), NOTHING);
}

#[test]
fn a_merge_is_empty() {
    let files = [
        ("0001.sql", whole("0001", "base", "")),
        ("0002.sql", whole("0002", "0001", "")),
        ("0003.sql", whole("0003", "0001", "")),
        ("0004.sql", header("0004", "0002, 0003", "") + "\n--@ downgrade\n"),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(found(&files), NOTHING);
}

#[test]
fn what_goes_up_comes_down() {
    assert_eq!(sections("CREATE TABLE t (n bigint);", ""), ["empty-downgrade"]);
    assert_eq!(sections("CREATE TABLE t (n bigint);", "-- nobody needs it"), ["empty-downgrade"]);
    assert_eq!(sections("CREATE TABLE t (n bigint);", "DROP TABLE t;"), NOTHING);
    assert_eq!(sections("CREATE TABLE t (n bigint);", "--@ run ./undo\n"), NOTHING);
    let table = "CREATE TABLE t (n bigint, s text);\n";
    assert_eq!(revision_after(table, "UPDATE t SET s = 'b' WHERE n = 1;", ""), ["empty-downgrade"]);
    let not_valid = "ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;";
    let before = format!("{table}{not_valid}");
    assert_eq!(revision_after(&before, "ALTER TABLE t VALIDATE CONSTRAINT positive;", ""), NOTHING);
    assert_eq!(revision_after(table, "ANALYZE t;", ""), NOTHING);
    let irreversible = whole("0001", "base", "");
    assert_eq!(found(&[("0001.sql", &irreversible)]), NOTHING);
}

#[test]
fn what_comes_back_empty_is_said() {
    let table = "CREATE TABLE t (n bigint PRIMARY KEY, s text);\n";
    let allow = "--@ allow drop-column \"a case\"\n--@ allow drop-table \"a case\"\n";
    let case = |up: &str, down: &str| {
        let mut found = revision_after(table, &format!("{allow}{up}"), down);
        found.retain(|rule| {
            !["unused-allow", "unknown-rule-allowed", "drop-column", "drop-table"].contains(&rule.as_str())
        });
        found
    };
    let loses = ["downgrade-loses-data"];
    assert_eq!(case("ALTER TABLE t DROP COLUMN s;", "ALTER TABLE t ADD COLUMN s text;"), loses);
    assert_eq!(
        case("ALTER TABLE public.t DROP COLUMN s;", "ALTER TABLE t ADD COLUMN n2 int, ADD s text;"),
        loses
    );
    assert_eq!(case("DROP TABLE t;", "CREATE TABLE t (n bigint PRIMARY KEY, s text);"), loses);
    let said =
        "-- add column public.t.s (what was in it does not come back)\nALTER TABLE t ADD COLUMN s text;";
    assert_eq!(case("ALTER TABLE t DROP COLUMN s;", said), NOTHING);
    assert_eq!(case("ALTER TABLE t DROP COLUMN s;", "ALTER TABLE t ADD COLUMN other text;"), NOTHING);
    let generated = "ALTER TABLE t ADD COLUMN s text GENERATED ALWAYS AS (n::text) STORED;";
    assert!(!case("ALTER TABLE t DROP COLUMN s;", generated).contains(&"downgrade-loses-data".to_owned()));
    // what the revision itself had made
    let own = "CREATE TABLE helper (n bigint);\nDROP TABLE helper;";
    assert_eq!(case(own, "CREATE TABLE helper (n bigint);\nDROP TABLE helper;"), NOTHING);
}

#[test]
fn heads_are_counted() {
    let files = [
        ("0001.sql", whole("0001", "base", "")),
        ("0002.sql", whole("0002", "0001", "")),
        ("0003.sql", whole("0003", "0001", "")),
    ];
    let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(found(&files), ["0003.sql: several-heads"]);
    // only one of them is looked at, and it is said of that one
    (files[0].0, files[2].0) = ("-0001.sql", "-0003.sql");
    assert_eq!(found(&files), ["0002.sql: several-heads"]);
    (files[1].0, files[2].0) = ("-0002.sql", "0003.sql");
    assert_eq!(found(&files), ["0003.sql: several-heads"]);
    assert_eq!(found(&files[..2]), NOTHING);
}

#[test]
fn branches_with_names_stay_apart() {
    let files = [
        ("0001.sql", whole("0001", "base", "")),
        ("0002.sql", whole("0002", "0001", "--@ branch shop")),
        ("0003.sql", whole("0003", "0001", "--@ branch office")),
        ("0004.sql", whole("0004", "0002", "")),
        ("0005.sql", whole("0005", "0002", "")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(found(&files[..4]), NOTHING);
    assert_eq!(found(&files), ["0005.sql: several-heads"]);
}

#[test]
fn a_number_is_there_once() {
    let case = |names: [&str; 2]| {
        let first = whole(names[0], "base", "");
        let second = whole(names[1], names[0], "");
        let files = names.map(|name| format!("sql/{name}.sql"));
        found(&[(&files[0], &first), (&files[1], &second)])
    };
    assert_eq!(case(["0007_a", "0007_b"]), ["sql/0007_b.sql: duplicate-number"]);
    assert_eq!(case(["0007_a", "007_b"]), ["sql/007_b.sql: duplicate-number"]);
    assert_eq!(case(["v7_a", "v7_b"]), ["sql/v7_b.sql: duplicate-number"]);
    assert_eq!(case(["0007_a", "0008_b"]), NOTHING);
    // hashes and times
    assert_eq!(case(["3f9a1c20_a", "3f9b1c20_b"]), NOTHING);
    assert_eq!(case(["20251120_1015_a", "20251120_1016_b"]), NOTHING);
    assert_eq!(case(["20251120T1015_a", "20251120T1016_b"]), NOTHING);
    let text = "SELECT 1;";
    assert_eq!(found(&[("1_a.sql", text), ("1_b.sql", text)]), NOTHING);
}

#[test]
fn what_the_caller_knows_of_files_is_said() {
    let text = whole("0001", "base", "");
    let files = [("a/0001-New.sql", text.as_str())];
    let settings = Settings { misnamed: vec!["a/0001-New.sql".into()], edited: Vec::new() };
    assert_eq!(found_with(&files, settings), ["a/0001-New.sql: file-name-style"]);
    let settings = Settings { misnamed: Vec::new(), edited: vec!["a/0001-New.sql".into()] };
    assert_eq!(found_with(&files, settings), ["a/0001-New.sql: edited-after-applied"]);
    let settings = Settings { misnamed: vec!["a/0002.sql".into()], edited: vec!["a/0002.sql".into()] };
    assert_eq!(found_with(&files, settings), NOTHING);
}

#[test]
fn if_not_exists_is_for_plain_sql() {
    let table = "CREATE TABLE t (n bigint PRIMARY KEY, s text);\n";
    let case = |up: &str| revision_after(table, up, "SELECT 1;");
    for up in [
        "CREATE TABLE IF NOT EXISTS other (n bigint);",
        "CREATE SCHEMA IF NOT EXISTS other;",
        "CREATE EXTENSION if  not\n exists hstore;",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_s ON t (s);",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS o int;",
        "DROP FUNCTION IF EXISTS f();",
        "CREATE SEQUENCE IF NOT EXISTS s;",
    ] {
        assert!(case(up).contains(&"if-not-exists".to_owned()), "{up}: {:?}", case(up));
    }
    assert_eq!(case("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM t);"), NOTHING);
    assert_eq!(case("DO $$ BEGIN IF NOT EXISTS (SELECT 1) THEN RAISE NOTICE 'x'; END IF; END $$;"), NOTHING);
    assert_eq!(case("COMMENT ON TABLE t IS 'only if not exists';"), NOTHING);
    assert_eq!(found(&[("x.sql", "CREATE TABLE IF NOT EXISTS other (n bigint);")]), NOTHING);
}

#[test]
fn rows_and_schema_go_apart() {
    let table = "CREATE TABLE t (n bigint PRIMARY KEY, s text);\n";
    let case = |up: &str| revision_after(table, up, "SELECT 1;");
    let data = ["data-in-schema-revision"];
    assert_eq!(case("ALTER TABLE t ADD o int;\n--@ sql\nUPDATE t SET o = 1 WHERE n = 1;"), data);
    assert_eq!(case("CREATE TABLE u (n bigint);\nDELETE FROM t WHERE n = 1;"), data);
    assert_eq!(case("ALTER TABLE t ADD o int;\nUPDATE t SET o = 1 WHERE n = 1;"), ["data-change-with-ddl"]);
    assert_eq!(case("UPDATE t SET s = 'x' WHERE n = 1;\nANALYZE t;"), NOTHING);
    assert_eq!(case("COMMENT ON TABLE t IS 'x';\nUPDATE t SET s = 'x' WHERE n = 1;"), NOTHING);
    assert_eq!(case("CREATE TABLE u (n bigint);\nINSERT INTO u VALUES (1);"), NOTHING);
    assert_eq!(
        case("ALTER TABLE t ADD o int;\n--@ backfill t by n\nUPDATE t SET o = 1 WHERE o IS NULL;"),
        NOTHING
    );
}

#[test]
fn seeds_can_come_twice() {
    let table = "CREATE TABLE t (n bigint PRIMARY KEY, s text);\n";
    let case = |up: &str| revision_after(table, up, "SELECT 1;");
    assert_eq!(case("INSERT INTO t VALUES (1, 'a'), (2, 'b');"), ["seed-not-idempotent"]);
    assert_eq!(case("INSERT INTO t (n) SELECT 1 ON CONFLICT DO NOTHING;"), NOTHING);
    assert_eq!(case("INSERT INTO t VALUES (1, 'a') ON CONFLICT (n) DO NOTHING;"), NOTHING);
    assert_eq!(found(&[("x.sql", "INSERT INTO t VALUES (1);")]), NOTHING);
}

#[test]
fn allows_are_read_closely() {
    let table = "CREATE TABLE IF NOT EXISTS t (n bigint);";
    assert_eq!(sections(&format!("--@ allow if-not-exists \"why not\"\n{table}"), "DROP TABLE t;"), NOTHING);
    let unknown = format!("--@ allow if-not-exist \"why not\"\n{table}");
    assert_eq!(sections(&unknown, "DROP TABLE t;"), ["if-not-exists", "unknown-rule-allowed"]);
    let unused = "--@ allow if-not-exists \"why not\"\nCREATE TABLE t (n bigint);";
    assert_eq!(sections(unused, "DROP TABLE t;"), ["unused-allow"]);
    // a rule that is off finds nothing, and nobody asked it
    let design = "--@ allow json-type \"why not\"\nCREATE TABLE t (n json);";
    assert_eq!(sections(design, "DROP TABLE t;"), NOTHING);
}

#[test]
fn an_allow_without_a_reason_hides_nothing_else() {
    let table = "CREATE TABLE IF NOT EXISTS t (n bigint);";
    for line in
        ["--@ allow if-not-exists", "--@ allow if-not-exists \" \"", "--@ allow if-not-exists because"]
    {
        let up = format!("{line}\n{table}\n--@ sql\nSELECT 1;");
        assert_eq!(sections(&up, "DROP TABLE t;"), ["allow-without-reason", "if-not-exists"], "{line}");
    }
    let plain = "--@ allow drop-table\nSELECT 1;";
    assert_eq!(found(&[("x.sql", plain)]), ["x.sql: allow-without-reason"]);
    let text = whole("0001", "base", "--@ allow drop-table") + "DROP;\n";
    assert_eq!(found(&[("0001.sql", &text)]), ["0001.sql: allow-without-reason", "0001.sql: syntax-error"]);
}

#[test]
fn long_names_are_cut() {
    let name = "a_name_that_goes_on_and_on_until_there_is_no_room_left_for_another_word";
    let up = format!("CREATE TABLE {name} (n bigint);");
    assert_eq!(sections(&up, &format!("DROP TABLE {name};")), ["identifier-too-long"]);
    let text = header("0001", "base", "") + &up + "\n--@ downgrade\n" + &format!("DROP TABLE {name};");
    let source = Source::read("0001.sql", text, false);
    let findings = lint(&[source], &[true], &Options::default());
    let edits: usize =
        findings.iter().filter_map(|finding| finding.fix.as_ref()).map(|fix| fix.edits.len()).sum();
    assert_eq!((findings.len(), edits), (1, 2));
}

#[test]
fn an_index_may_serve_what_stands_between() {
    let before = "CREATE TABLE t (n bigint PRIMARY KEY, s text);\n";
    let case = |up: &str| {
        let mut found = revision_after(before, up, "SELECT 1;");
        found.retain(|rule| rule == "index-for-dropped-column");
        found
    };
    let made = "CREATE INDEX CONCURRENTLY t_s ON t (s);\n";
    let dropped = "ALTER TABLE t DROP COLUMN s;";
    assert_eq!(case(&format!("{made}{dropped}")), ["index-for-dropped-column"]);
    assert_eq!(case(&format!("{made}DROP INDEX CONCURRENTLY t_s;\n{dropped}")), NOTHING);
    assert_eq!(case(&format!("{dropped}\nALTER TABLE t ADD s text;\n{made}")), NOTHING);
}

#[test]
fn a_word_is_not_always_the_value() {
    let before = header("0001", "base", "--@ irreversible \"a case\"")
        + "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE o (n bigint PRIMARY KEY, s state);\n\
           CREATE TABLE w (n bigint PRIMARY KEY, s text);\n";
    let case = |sql: &str| {
        let text = format!("BEGIN;\nALTER TYPE state ADD VALUE 'lost';\n{sql}\nCOMMIT;");
        found(&[("-0001.sql", &before), ("x.sql", &text)])
    };
    let used = ["x.sql: enum-value-used-where-added"];
    assert_eq!(case("INSERT INTO o VALUES (1, 'lost') ON CONFLICT DO NOTHING;"), used);
    assert_eq!(case("SELECT 'lost'::state;"), used);
    assert_eq!(case("INSERT INTO w VALUES (1, 'lost') ON CONFLICT DO NOTHING;"), NOTHING);
    assert_eq!(case("COMMENT ON TYPE state IS 'lost';"), NOTHING);
    assert_eq!(case("ALTER TYPE state ADD VALUE 'found' AFTER 'lost';"), NOTHING);
    assert_eq!(case("INSERT INTO o VALUES (1, 'open') ON CONFLICT DO NOTHING;"), NOTHING);
}

#[test]
fn the_header_says_how_long_a_lock_is_waited_for() {
    let before = "CREATE TABLE t (n bigint PRIMARY KEY);\n";
    let case = |line: &str, up: &str| {
        let first = header("0001", "base", "--@ irreversible \"a case\"") + before;
        let second = header("0002", "0001", &format!("--@ irreversible \"a case\"\n{line}")) + up;
        found(&[("-0001.sql", &first), ("0002.sql", &second)])
    };
    let alter = "ALTER TABLE t ADD s text;\n";
    let long = ["0002.sql: long-lock-timeout"];
    assert_eq!(case("--@ lock_timeout 1m", alter), long);
    assert_eq!(case("--@ lock_timeout 0", alter), long);
    assert_eq!(case("--@ lock_timeout 10s", alter), NOTHING);
    assert_eq!(case("--@ lock_timeout 1m", "CREATE TABLE u (n bigint);"), NOTHING);
    assert_eq!(case("--@ lock_timeout 1m", &format!("SET LOCAL lock_timeout = '1s';\n{alter}")), NOTHING);
}

#[test]
fn the_new_index_is_built_first() {
    let first = header("0001", "base", "--@ irreversible \"a case\"")
        + "CREATE TABLE t (n bigint PRIMARY KEY, s text);\nCREATE INDEX t_s ON t (s);\n";
    let second = header("0002", "0001", "--@ irreversible \"a case\"");
    let fixed = |up: &str| {
        let text = format!("{second}{up}");
        let sources =
            [Source::read("0001.sql", first.clone(), false), Source::read("0002.sql", text.clone(), false)];
        let found = lint(&sources, &[false, true], &Options::default());
        let own: Vec<_> = found.iter().filter(|finding| finding.rule == "index-replaced").collect();
        let (after, _) = cutover_lint::fix::apply(&text, &own, false);
        after.strip_prefix(&second).map(str::to_owned)
    };
    let drop = "DROP INDEX CONCURRENTLY t_s";
    let build = "CREATE INDEX CONCURRENTLY t_s_n ON t (s, n)";
    let swapped = format!("-- both\n{build};\n--@ sql\n{drop};\n");
    assert_eq!(fixed(&format!("-- both\n{drop};\n--@ sql\n{build};\n")), Some(swapped));
    // where one has the other's name, or something stands between, it is for people
    let same = format!("{drop};\nCREATE INDEX CONCURRENTLY t_s ON t (s, n);\n");
    assert_eq!(fixed(&same), Some(same.clone()));
    let between = format!("{drop};\n--@ sql\nCOMMENT ON TABLE t IS 'x';\n{build};\n");
    assert_eq!(fixed(&between), Some(between.clone()));
}
