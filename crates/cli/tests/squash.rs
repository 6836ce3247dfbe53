//! `cutover squash`, and what databases before, behind and inside of it do then.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::{Project, database, dump, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// Tables, seeds with ids from sequences, a backfill, a guard, code and a view over the seeds, on two branches that
/// merge; and one revision behind.
fn project(url: Option<&str>) -> Project {
    let project = Project::new(CUTOVER, url);
    project.revision(
        "0001",
        "base",
        "CREATE TABLE role (id serial PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now(), token uuid DEFAULT gen_random_uuid());\nINSERT INTO role (name) VALUES ('admin'), ('it''s'), ('gone');",
        "DROP TABLE role;",
    );
    project.revision(
        "0002",
        "0001",
        "CREATE SCHEMA \"Shop\";\nCREATE TABLE \"Shop\".\"Order\" (\"Id\" bigint GENERATED ALWAYS AS IDENTITY (START 10) PRIMARY KEY, role int REFERENCES role, parent bigint REFERENCES \"Shop\".\"Order\");\nINSERT INTO \"Shop\".\"Order\" (role, parent) VALUES (2, NULL), (1, 10);",
        "DROP SCHEMA \"Shop\" CASCADE;",
    );
    project.revision(
        "0003",
        "0001",
        "DELETE FROM role WHERE name = 'gone';\n--@ guard \"some are left\" expect rows\nSELECT FROM role;\n--@ sql\nALTER TABLE role ADD COLUMN note text;\n--@ backfill role by id\nUPDATE role SET note = name WHERE note IS NULL;",
        "ALTER TABLE role DROP COLUMN note;\nINSERT INTO role (id, name) VALUES (3, 'gone');",
    );
    project.revision(
        "0004",
        "0002, 0003",
        "CREATE FUNCTION roles() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.role';\nCREATE MATERIALIZED VIEW many AS SELECT name, roles() AS n FROM role;\nGRANT SELECT ON role TO PUBLIC;",
        "DROP MATERIALIZED VIEW many;\nDROP FUNCTION roles();\nREVOKE SELECT ON role FROM PUBLIC;",
    );
    project.revision(
        "0005",
        "0004",
        "INSERT INTO role (name) VALUES ('later');",
        "DELETE FROM role WHERE name = 'later';",
    );
    project
}

/// What is in a database but for values that are others each time.
fn told(url: &str) -> String {
    let text = dump(server(), url);
    let lines = text.lines().map(|line| match line.starts_with("INSERT INTO public.role ") {
        true => {
            let parts: Vec<&str> = line.split(", ").collect();
            // id and name in front, the note behind the time and the token
            format!("{} {} {}", parts[0], parts[1], parts[parts.len() - 1])
        }
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn databases_before_behind_and_inside_do_what_they_should() {
    let (behind, end, inside, new) = (database(), database(), database(), database());
    let project = project(Some(&behind.url()));
    project.ok(&["upgrade"]);
    project.ok(&["upgrade", "0004", "--url", &end.url()]);
    project.ok(&["upgrade", "0003", "--url", &inside.url()]);
    let (json, code) = project.json(&["squash", "base:0004"]);
    assert_eq!((code, json["id"].as_str()), (0, Some("0004_squash")), "{json}");
    assert_eq!(json["replaces"], serde_json::json!(["0001", "0002", "0003", "0004"]));
    let files = |folder: &str| {
        let entries = std::fs::read_dir(project.folder().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(files("migrations"), ["0004_squash.sql", "0005_test.sql", "_squashed"]);
    assert_eq!(files("migrations/_squashed").len(), 4);
    let text = std::fs::read_to_string(project.migrations().join("0004_squash.sql")).unwrap();
    for part in [
        "--@ replaces 0001, 0002, 0003, 0004\n",
        "(1, 'admin', DEFAULT, DEFAULT, 'admin')",
        "(2, 'it''s', DEFAULT, DEFAULT, 'it''s')",
        "pg_catalog.setval('public.role_id_seq', 3, true)",
        "REFRESH MATERIALIZED VIEW public.many",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let later = std::fs::read_to_string(project.migrations().join("0005_test.sql")).unwrap();
    assert!(later.contains("--@ revises 0004\n"), "files of others stay as they are");

    // behind: notices nothing
    let before = dump(server(), &behind.url());
    let (json, _) = project.json(&["status"]);
    assert_eq!(
        (json["up_to_date"].as_bool(), &json["adopted"]),
        (Some(true), &serde_json::json!(["0004_squash"])),
        "{json}"
    );
    assert!(project.ok(&["check"]).contains("agree"));
    assert!(project.ok(&["upgrade"]).contains("0004_squash counts as applied"));
    assert_eq!(dump(server(), &behind.url()), before);
    assert!(project.ok(&["upgrade"]).contains("nothing to do"));
    assert!(project.ok(&["current"]).starts_with("0005"));
    let history = project.ok(&["history", "-i"]);
    assert!(history.contains("0004_squash") && !history.contains("pending"), "{history}");
    let ledger =
        psql(server(), &behind.url(), "SELECT string_agg(id, ',' ORDER BY id) FROM cutover.revision");
    assert!(ledger.contains("0004_squash,0005"), "{ledger}");

    // at its end: only what is later runs, in one run
    project.ok(&["upgrade", "--url", &end.url()]);
    assert_eq!(told(&end.url()), told(&behind.url()));

    // inside: told what to do
    let refused = project.fails(&["upgrade", "--url", &inside.url()], 1);
    for part in ["0004_squash replaces others", "lacks 0002, 0004", "cutover upgrade 0004"] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    // what is there is not changed by hand
    let refused = project.fails(&["check", "--url", &inside.url()], 1);
    assert!(refused.contains("0004_squash replaces others"), "{refused}");
    assert!(project.ok(&["status", "--url", &inside.url()]).contains("the commit from before the squash"));
    let (json, code) = project.json(&["status", "--exit-code", "--url", &inside.url()]);
    assert_eq!(code, 3);
    assert!(json["inside"].as_str().unwrap().contains("lacks 0002, 0004"), "{json}");

    // none: gets it as one
    project.ok(&["upgrade", "--url", &new.url()]);
    assert_eq!(told(&new.url()), told(&behind.url()));
    project.ok(&["downgrade", "base", "--url", &new.url()]);
    let nothing = "SELECT 'all gone' WHERE NOT EXISTS (SELECT FROM pg_class WHERE relname IN ('role', 'Order', 'many'))";
    assert!(psql(server(), &new.url(), nothing).contains("all gone"));
}

#[test]
fn scripts_for_psql_do_the_same() {
    let (behind, inside, new) = (database(), database(), database());
    let project = project(Some(&behind.url()));
    project.ok(&["upgrade", "0004"]);
    project.ok(&["upgrade", "0003", "--url", &inside.url()]);
    project.ok(&["squash", "base:0004", "--delete"]);
    assert!(!project.migrations().join("_squashed").exists());
    let apply = |script: &str, url: &str| {
        project.write("run.sql", script);
        let psql = std::process::Command::new("psql")
            .args(["-X", "-q", "-f", "run.sql", url])
            .current_dir(project.folder())
            .output()
            .unwrap();
        (psql.status.success(), String::from_utf8(psql.stderr).unwrap())
    };
    let later = project.ok(&["upgrade", "0004:head", "--sql"]);
    let (done, said) = apply(&later, &behind.url());
    assert!(done, "{said}");
    let ledger =
        psql(server(), &behind.url(), "SELECT string_agg(id, ',' ORDER BY id) FROM cutover.revision");
    assert!(ledger.contains("0004_squash,0005"), "{ledger}");
    let (done, said) = apply(&later, &inside.url());
    assert!(!done && said.contains("only some of them are applied here"), "{said}");
    let all = project.ok(&["upgrade", "base:head", "--sql", "--url", &new.url()]);
    let (done, said) = apply(&all, &new.url());
    assert!(done, "{said}");
    assert!(project.ok(&["upgrade", "--url", &new.url()]).contains("nothing to do"));
    assert_eq!(told(&new.url()), told(&behind.url()));
}

#[test]
fn what_was_squashed_can_be_squashed_again() {
    let (first, second, new) = (database(), database(), database());
    let project = project(Some(&first.url()));
    project.ok(&["upgrade"]);
    project.ok(&["squash", "base:0004"]);
    project.ok(&["upgrade", "--url", &second.url()]);
    project.ok(&["squash", "base:0005", "--message", "all of it"]);
    let text = std::fs::read_to_string(project.migrations().join("0005_squash_all_of_it.sql")).unwrap();
    for part in ["--@ replaces 0004_squash, 0005\n", "--@ replaces 0004_squash = 0001, 0002, 0003, 0004\n"] {
        assert!(text.contains(part), "{text}");
    }
    // one never heard of the first, one has it
    for url in [first.url(), second.url()] {
        assert!(project.ok(&["upgrade", "--url", &url]).contains("0005_squash counts as applied"));
        assert!(project.ok(&["check", "--url", &url]).contains("agree"));
    }
    project.ok(&["upgrade", "--url", &new.url()]);
    assert_eq!(told(&new.url()), told(&first.url()));
}

#[test]
fn a_stretch_in_the_middle_keeps_the_rows_of_databases_before_it() {
    let (at, other) = (database(), database());
    let project = Project::new(CUTOVER, Some(&at.url()));
    project.revision("0001", "base", "CREATE TABLE item (id int PRIMARY KEY, old text, kind text);\nINSERT INTO item VALUES (1, 'one', 'a');", "DROP TABLE item;");
    project.revision("0002", "0001", "ALTER TABLE item RENAME COLUMN old TO middle;\nALTER TABLE item ADD COLUMN n int NOT NULL DEFAULT 7;", "ALTER TABLE item DROP COLUMN n;\nALTER TABLE item RENAME COLUMN middle TO old;");
    project.revision("0003", "0002", "ALTER TABLE item RENAME COLUMN middle TO title;\nCREATE INDEX item_title ON item (title);\nCREATE TABLE kind (name text PRIMARY KEY);\nINSERT INTO kind VALUES ('a'), ('b');\nALTER TABLE item ADD FOREIGN KEY (kind) REFERENCES kind;\nINSERT INTO item VALUES (2, 'two', 'b', 9);", "DELETE FROM item WHERE id = 2;\nDROP INDEX item_title;\nALTER TABLE item DROP CONSTRAINT item_kind_fkey;\nDROP TABLE kind;\nALTER TABLE item RENAME COLUMN title TO middle;");
    project.revision("0004", "0003", "CREATE VIEW titles AS SELECT title FROM item;", "DROP VIEW titles;");
    for url in [at.url(), other.url()] {
        project.ok(&["upgrade", "0001", "--url", &url]);
        psql(server(), &url, "INSERT INTO item VALUES (50, 'theirs', 'b')");
    }
    project.ok(&["upgrade", "--url", &other.url()]);
    project.ok(&["squash", "0002:0003"]);
    project.ok(&["upgrade"]);
    assert_eq!(dump(server(), &at.url()), dump(server(), &other.url()), "one step for many");
    project.ok(&["downgrade", "0001"]);
    let rows = psql(server(), &at.url(), "SELECT id, old FROM item ORDER BY 1");
    assert!(rows.contains("theirs") && rows.contains("one") && !rows.contains("two"), "{rows}");
}

/// Revisions that do things with rows which were there before.
fn about_rows(project: &Project) {
    project.revision("0001", "base", "CREATE TABLE item (id serial PRIMARY KEY, n int, at timestamptz DEFAULT now());\nINSERT INTO item (n) VALUES (1);", "DROP TABLE item;");
    project.revision(
        "0002",
        "0001",
        "ALTER TABLE item ADD COLUMN m int;\nUPDATE item SET m = n * 10",
        "ALTER TABLE item DROP COLUMN m;",
    );
    project.revision("0003", "0002", "DO $$ BEGIN INSERT INTO item (n, m) SELECT n + 100, 5 FROM item; END $$;\nALTER TABLE item ALTER COLUMN n TYPE text USING n + 1;", "ALTER TABLE item ALTER COLUMN n TYPE int USING n::int - 1;\nDELETE FROM item WHERE n > 100;");
    project.revision("0004", "0003", "--@ guard \"some are there\" expect rows\nSELECT FROM item;\n--@ sql\nCREATE INDEX CONCURRENTLY item_m ON item (m);\n--@ backfill item by id\nUPDATE item SET m = 2 WHERE m IS NULL;", "DROP INDEX item_m;");
    project.revision(
        "0005",
        "0004",
        "ALTER TABLE item ADD COLUMN k int DEFAULT 3;\nALTER TABLE item ALTER COLUMN k DROP DEFAULT;",
        "ALTER TABLE item DROP COLUMN k;",
    );
}

#[test]
fn steps_about_rows_that_were_there_before_are_carried_over_as_they_stand() {
    let (before, behind) = (database(), database());
    let project = Project::new(CUTOVER, Some(&before.url()));
    about_rows(&project);
    for url in [before.url(), behind.url()] {
        project.ok(&["upgrade", "0001", "--url", &url]);
        psql(
            server(),
            &url,
            "INSERT INTO item (n, at) VALUES (50, 'yesterday'), (60, NULL); UPDATE item SET at = NULL",
        );
    }
    project.ok(&["upgrade", "--url", &behind.url()]);
    let (data, code) = project.json(&["squash", "0002:0005"]);
    assert_eq!(code, 0, "{data:#}");
    let all = data["conclusions"].as_array().unwrap();
    let said: Vec<String> = all
        .iter()
        .filter(|it| it["id"] == "as-it-stands")
        .map(|it| {
            format!(
                "{}:{} {}",
                it["place"]["path"].as_str().unwrap(),
                it["place"]["line"],
                it["text"].as_str().unwrap()
            )
        })
        .collect();
    for part in [
        "0002_test.sql:8 changes rows",
        "0003_test.sql:7 runs code",
        "0003_test.sql:8 computes",
        "a backfill",
        "whose default changes later",
    ] {
        assert!(said.iter().any(|it| it.contains(part)), "{part} in {said:#?}");
    }
    project.ok(&["upgrade"]);
    project.ok(&["upgrade", "--url", &behind.url()]);
    let rows = |url: &str| psql(server(), url, "SELECT id, n, m, k FROM item ORDER BY 1");
    for url in [before.url(), behind.url()] {
        psql(server(), &url, "UPDATE item SET at = NULL");
    }
    assert_eq!(dump(server(), &before.url()), dump(server(), &behind.url()));
    assert_eq!(rows(&before.url()), rows(&behind.url()));
    assert!(rows(&before.url()).contains("51"), "{}", rows(&before.url()));
    project.ok(&["downgrade", "0001"]);
    assert_eq!(
        psql(server(), &before.url(), "SELECT n FROM item ORDER BY id")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["1", "50", "60"]
    );
}

#[test]
fn what_one_revision_cannot_do_is_refused_by_place() {
    let project = Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"));
    about_rows(&project);
    let revision = |id: &str, revises: &str, up: &str| project.revision(id, revises, up, "SELECT 1;");
    revision(
        "0006",
        "0005",
        "--@ deploy \"the new code\"\n--@ sql\nSET statement_timeout = '1s';\nSELECT 1;",
    );
    revision("0007", "0006", "--@ run true");
    let refused = project.fails(&["squash", "0002:0006"], 2);
    for part in ["0006_test.sql:7", "waits for a gate or a deploy", "begin with base"] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    let refused = project.fails(&["squash", "base:0007"], 2);
    assert!(refused.contains("runs a program") && refused.contains("0007_test.sql:7"), "{refused}");
    // a setting would hold for the others, too
    project.revision("0006", "0005", "SET statement_timeout = '1s';\nSELECT 1;", "SELECT 1;");
    let refused = project.fails(&["squash", "0002:0006"], 2);
    assert!(
        refused.contains("0006_test.sql:7") && refused.contains("would hold for the others"),
        "{refused}"
    );
    // from nothing no rows were there
    let out = project.ok(&["squash", "base:0005"]);
    assert!(out.contains("left-out") && out.contains("--@ backfill item by id"), "{out}");
}

#[test]
fn rows_for_a_table_whose_ids_a_sequence_gives_take_the_next_ones_everywhere() {
    let at = database();
    let project = Project::new(CUTOVER, Some(&at.url()));
    project.revision("0001", "base", "CREATE TABLE item (id serial PRIMARY KEY, n int);", "DROP TABLE item;");
    project.revision("0002", "0001", "INSERT INTO item (n) VALUES (1);", "DELETE FROM item WHERE n = 1;");
    project.revision("0003", "0002", "CREATE TABLE b (id int);", "DROP TABLE b;");
    project.ok(&["upgrade", "0001"]);
    psql(server(), &at.url(), "INSERT INTO item (n) VALUES (7), (8)");
    let out = project.ok(&["squash", "0002:0003"]);
    assert!(out.contains("public.item gets rows whose ids a sequence gives"), "{out}");
    project.ok(&["upgrade"]);
    let rows = psql(server(), &at.url(), "SELECT id, n FROM item ORDER BY 1");
    assert!(rows.contains("3|1") || rows.contains("3 | 1"), "{rows}");
}

#[test]
fn a_second_way_in_or_out_is_refused_by_name() {
    let project = project(Some("postgresql://nobody@localhost:1/none"));
    for (range, part) in [
        ("base:0002", "0003 revises 0001"),
        ("0002:0004", "0004 is between them and also revises 0003"),
        ("0004:0002", "0004 is not below 0002"),
        ("0002:0003", "0002 is not below 0003"),
        ("0005:0005", "there is one revision only"),
        ("0009:0004", "there is no revision 0009"),
    ] {
        let refused = project.fails(&["squash", range], 2);
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    assert!(!project.migrations().join("_squashed").exists());
}

#[test]
fn an_old_name_means_the_one_that_replaces_it() {
    let live = database();
    let project = project(Some(&live.url()));
    project.ok(&["squash", "base:0004"]);
    let done = project.run(&["upgrade", "0002"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("0002 is a part of 0004_squash by now"), "{}", done.err);
    assert!(project.ok(&["current"]).starts_with("0004_squash"));
    assert!(project.ok(&["show", "0003"]).contains("0004_squash"));
    // an old file that comes back with a merge of branches
    project.revision("0002", "base", "SELECT 1;", "SELECT 1;");
    let refused = project.fails(&["heads"], 2);
    assert!(refused.contains("0004_squash replaces 0002, which is still there"), "{refused}");
}

#[test]
fn a_revision_that_was_half_done_is_inside() {
    let live = database();
    let project = Project::new(CUTOVER, Some(&live.url()));
    project.revision(
        "0001",
        "base",
        "CREATE TABLE a (id int);\n--@ guard \"no\" expect rows\nSELECT FROM a;",
        "DROP TABLE IF EXISTS a;",
    );
    project.revision("0002", "0001", "CREATE TABLE b (id int);", "DROP TABLE b;");
    project.fails(&["upgrade"], 1);
    project.revision("0001", "base", "CREATE TABLE a (id int);", "DROP TABLE IF EXISTS a;");
    project.ok(&["squash", "base:0002"]);
    let refused = project.fails(&["upgrade"], 1);
    assert!(refused.contains("0002_squash replaces others"), "{refused}");
}
