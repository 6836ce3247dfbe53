//! `adopt sql`: a folder of SQL whose state nobody knows becomes a history that is what the live database is.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cutover_engine::server::{Scratch, ScratchDatabase};
use cutover_testkit::snapshot::Programs as _;
use cutover_testkit::{Project, database, dump, note, psql, repository, schema_lines, server};
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A project with these files in `sql`, and the environment `prod`.
fn project(url: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::new(CUTOVER, None);
    project.write("cutover.toml", &format!("[env.prod]\nurl = \"{url}\"\n"));
    for (name, text) in files {
        project.write(&format!("sql/{name}"), text);
    }
    project
}

/// The example with its live database.
fn example() -> (Project, ScratchDatabase) {
    let live = database();
    let folder = repository().join("examples/loose-sql");
    let path = format!("{}:{}", server().programs().dir().display(), std::env::var("PATH").unwrap());
    let done = Command::new(folder.join("prepare")).arg(live.url()).env("PATH", path).status().unwrap();
    assert!(done.success());
    let files = texts(&folder.join("sql"));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    (project(&live.url(), &files), live)
}

/// Names and texts of a folder's files.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    entries.map(read).collect()
}

fn has_postgis(server: &Scratch, url: &str) -> bool {
    psql(server, url, "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'") == "1"
}

/// The evidence of a conclusion, by its id and what it is about.
fn evidence(json: &Value, id: &str, about: &str) -> String {
    let all = json["conclusions"].as_array().unwrap();
    let found = all.iter().find(|it| it["id"] == id && it["about"] == about);
    let all: Vec<String> = all.iter().map(|it| format!("{} {}", it["id"], it["about"])).collect();
    let found = found.unwrap_or_else(|| panic!("no {id} about {about}: {all:#?}"));
    format!("{} {}", found["text"], found["evidence"])
}

fn ids(json: &Value) -> Vec<&str> {
    json["conclusions"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

fn states(json: &Value) -> Vec<(&str, &str)> {
    let files = json["files"].as_array().unwrap();
    files
        .iter()
        .map(|it| (it["file"].as_str().unwrap(), it["applied"]["state"].as_str().unwrap_or("")))
        .collect()
}

#[test]
fn the_example_becomes_a_history_that_is_the_live_database() {
    let (project, live) = example();
    let (before, files) = (dump(server(), &live.url()), texts(&project.folder().join("sql")));
    let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod", "--report", "adopted.md"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(before, dump(server(), &live.url()), "adopt only reads the live database");
    assert_eq!(files, texts(&project.folder().join("sql")), "adopt edits no file");
    says_what_is_wrong(&json, has_postgis(server(), &live.url()));
    assert_eq!(
        json["order"],
        serde_json::json!([
            "001_category_tree.sql",
            "002_sales_marts.sql",
            "001_reporting_access.sql",
            "004_experiments.sql",
            "004_feature_flags.sql",
            "005_stores.sql"
        ])
    );
    assert_eq!(
        states(&json),
        [
            ("001_category_tree.sql", "all"),
            ("001_reporting_access.sql", "all"),
            ("002_sales_marts.sql", "all"),
            ("004_experiments.sql", "some"),
            ("004_feature_flags.sql", "all"),
            ("005_stores.sql", "some"),
        ]
    );
    assert_eq!(
        (&json["proof"]["holds"], &json["proof"]["differences"]),
        (&true.into(), &serde_json::json!([]))
    );
    assert_eq!(json["proof"]["one_way"], serde_json::json!([]));
    let report = std::fs::read_to_string(project.folder().join("adopted.md")).unwrap();
    for part in ["## The order that works", "GRANT REFRESH ON mart.category_sales", "| 005_stores.sql | some"]
    {
        assert!(report.contains(part), "{report}");
    }
    from_nothing_it_is_the_live_database(&project, &live);
    // the ledger is written when somebody says so, and then everything agrees
    let stamp = json["stamp"].as_str().unwrap().strip_prefix("cutover ").unwrap();
    project.ok(&stamp.split(' ').collect::<Vec<_>>());
    assert_eq!(project.ok(&["check", "--env", "prod"]), "history and database agree\n");
    assert!(project.ok(&["upgrade", "--env", "prod", "--plan"]).contains("nothing to"));
    // once is enough
    let written = texts(&project.migrations());
    let refused = project.fails(&["adopt", "sql", "sql", "--against", "prod"], 2);
    assert!(refused.contains("8 revisions already") && refused.contains("--into"), "{refused}");
    assert_eq!(written, texts(&project.migrations()));
}

fn says_what_is_wrong(json: &Value, has_postgis: bool) {
    // what the text says and what the server says of a statement is one line
    let grant = evidence(json, "unknown-privilege", "001_reporting_access.sql");
    for part in ["privileges on a table or view", "unrecognized privilege type"] {
        assert!(grant.contains(part), "{grant}");
    }
    assert_eq!(ids(json).iter().filter(|id| **id == "statement-fails").count(), 1, "{json:#}");
    assert_eq!(ids(json).iter().filter(|id| **id == "contradiction").count(), 0, "{json:#}");
    let half = evidence(json, "statement-fails", "005_stores.sql");
    assert!(half.contains("shop.region") && half.contains("before the COMMIT on line 7 stays"), "{half}");
    let order = evidence(json, "order-differs", "001_reporting_access.sql");
    for part in ["002_sales_marts.sql", "GRANT USAGE ON SCHEMA shop, mart", "CREATE SCHEMA mart"] {
        assert!(order.contains(part), "{order}");
    }
    let flags = evidence(json, "hidden-definition", "004_feature_flags.sql");
    for part in [
        "enabled boolean",
        "only in 004_feature_flags.sql:1: owner text",
        "it was applied before 004_experiments.sql",
    ] {
        assert!(flags.contains(part), "{flags}");
    }
    assert!(evidence(json, "missing-role", "reporting").contains("GRANT USAGE"));
    // what the names and the texts say
    for (id, about) in [
        ("duplicate-number", "001_category_tree.sql"),
        ("duplicate-number", "004_experiments.sql"),
        ("missing-number", "the row of numbers"),
        ("commit-in-the-middle", "005_stores.sql"),
        ("psql-command", "002_sales_marts.sql"),
        ("no-way-back", "005_stores.sql"),
    ] {
        evidence(json, id, about);
    }
    assert!(evidence(json, "partly-applied", "005_stores.sql").contains("opened_on"));
    let differs = evidence(json, "differs-from-live", "prod");
    assert!(differs.contains("product_name_by_hand") && differs.contains("columns.source"), "{differs}");
    assert_eq!(ids(json).contains(&"missing-extension"), !has_postgis);
    // which of the two was tried depends on the machine, so it is said
    if has_postgis {
        note("adopt_sql: with PostGIS");
        let effects = json["files"][5]["effects"].to_string();
        assert!(effects.contains("create extension postgis"), "{effects}");
    } else {
        note("adopt_sql: without PostGIS, which is not installed here");
        assert!(evidence(json, "needs-extension", "005_stores.sql").contains("geometry"));
    }
}

fn from_nothing_it_is_the_live_database(project: &Project, live: &ScratchDatabase) {
    let fresh = database();
    project.ok(&["upgrade", "--url", &fresh.url()]);
    psql(server(), &fresh.url(), "DROP SCHEMA cutover CASCADE");
    assert_eq!(schema_lines(server(), &live.url()), schema_lines(server(), &fresh.url()));
    let flags = "SELECT string_agg(key || rollout_percent, ' ' ORDER BY key) FROM feature_flag";
    assert_eq!(psql(server(), &live.url(), flags), psql(server(), &fresh.url(), flags));
}

#[test]
fn without_a_database_the_order_is_found_and_written() {
    let (project, _live) = example();
    let text = project.ok(&["adopt", "sql", "sql"]);
    for part in [
        "3. 001_reporting_access.sql (by its number before 002_sales_marts.sql)",
        "proof: 7 revisions run from nothing",
        "wrote 7 revisions",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("stamp"), "{text}");
}

#[test]
fn a_file_that_was_never_applied_stays_open() {
    let live = database();
    let project = project(
        &live.url(),
        &[
            ("1_item.sql", "CREATE TABLE item (id int PRIMARY KEY);"),
            (
                "2_note.sql",
                "ALTER TABLE item ADD COLUMN note text;\nCREATE INDEX CONCURRENTLY item_note ON item (note);",
            ),
            (
                "3_kind.sql",
                "CREATE TYPE kind AS ENUM ('a'); ALTER TYPE kind ADD VALUE 'b'; ALTER TABLE item ADD COLUMN kind kind DEFAULT 'b';",
            ),
            ("4_data.sql", "INSERT INTO item (id) VALUES (1), (2);"),
            ("5_more.sql", "UPDATE item SET kind = 'a';"),
        ],
    );
    let sql = "CREATE TABLE item (id int PRIMARY KEY); CREATE TYPE kind AS ENUM ('a', 'b'); \
               ALTER TABLE item ADD COLUMN kind kind DEFAULT 'b'; INSERT INTO item VALUES (2), (3); INSERT INTO item VALUES (1)";
    psql(server(), &live.url(), sql);
    let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod", "--stamp"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(
        states(&json),
        [
            ("1_item.sql", "all"),
            ("2_note.sql", "none"),
            ("3_kind.sql", "all"),
            ("4_data.sql", "all"),
            ("5_more.sql", "cannot_tell")
        ]
    );
    assert!(ids(&json).contains(&"not-applied") && ids(&json).contains(&"cannot-tell"), "{json:#}");
    // the chain was the live database before anything was run, so nothing had to be reconciled
    assert_eq!((&json["reconciled"], &json["stamped"]), (&Value::Null, &Value::Bool(true)));
    let open: Vec<&Value> = json["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["live"] == false)
        .map(|it| &it["from"])
        .collect();
    assert_eq!(open, ["2_note.sql"]);
    assert_eq!(project.ok(&["check", "--env", "prod"]), "history and database agree\n");
    project.ok(&["upgrade", "--env", "prod"]);
    assert_eq!(
        psql(server(), &live.url(), "SELECT count(*) FROM pg_indexes WHERE indexname = 'item_note'"),
        "1"
    );
    assert_eq!(project.ok(&["check", "--env", "prod"]), "history and database agree\n");
}

#[test]
fn what_a_later_file_undid_is_not_absent() {
    let live = database();
    let files = [
        ("1_a.sql", "CREATE TABLE a (id int PRIMARY KEY, old text, n int);\nCREATE TABLE gone (id int);"),
        (
            "2_b.sql",
            "ALTER TABLE a DROP COLUMN old; ALTER TABLE a ALTER COLUMN n TYPE bigint; DROP TABLE gone; CREATE TABLE b ();",
        ),
        ("3_c.sql", "ALTER TABLE a ADD COLUMN extra text;"),
    ];
    let project = project(&live.url(), &files);
    files.iter().for_each(|(_, sql)| drop(psql(server(), &live.url(), sql)));
    let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(states(&json), [("1_a.sql", "all"), ("2_b.sql", "all"), ("3_c.sql", "all")]);
    let effects = json["files"][0]["applied"]["effects"].as_array().unwrap();
    let gone = effects.iter().find(|it| it["effect"] == "create table public.gone").unwrap();
    assert_eq!((&gone["found"], &gone["by"]), (&"changed_again".into(), &"2_b.sql".into()));
    assert_eq!(json["reconciled"], Value::Null);
}

#[test]
fn what_cannot_be_in_a_revision_is_a_comment_with_the_reason() {
    let project = Project::new(CUTOVER, None);
    project.write(
        "sql/001_all.sql",
        "CREATE DATABASE other;\nCREATE ROLE made_here_by_adopt;\nBEGIN; CREATE TABLE tried (); ROLLBACK;\n\
         CREATE TABL wrong (id int);\n\\copy t from 'x.csv'\nCREATE TABLE t (id int);\nGRANT SELECT ON t TO made_here_by_adopt;\n\
         COPY t FROM stdin;\n1\n2\n\\.\nSELECT 1 -- no semicolon",
    );
    project.write(
        "sql/001_all_ROLLBACK.sql",
        "DROP TABLE t;\nDROP TABLE never_there;\nDROP ROLE made_here_by_adopt;\n",
    );
    let (json, code) = project.json(&["adopt", "sql", "sql"]);
    assert_eq!(code, 0, "{json:#}");
    assert!(evidence(&json, "way-back-fails", "001_all_ROLLBACK.sql").contains("never_there"));
    assert!(evidence(&json, "not-in-a-revision", "001_all.sql").contains("CREATE DATABASE"));
    assert!(evidence(&json, "taken-back", "001_all.sql").contains("tried"));
    let text = std::fs::read_to_string(project.migrations().join("0001_all.sql")).unwrap();
    for part in [
        "--   CREATE DATABASE other",
        "    CREATE ROLE made_here_by_adopt;\n  END IF;",
        "--   CREATE TABLE tried ()",
        "--   CREATE TABL wrong (id int)",
        "-- \\copy t from 'x.csv'",
        "COPY t FROM stdin;\n1\n2\n\\.",
        "--   DROP ROLE made_here_by_adopt",
        "--   DROP TABLE never_there",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let fresh = database();
    project.ok(&["upgrade", "--url", &fresh.url()]);
    assert_eq!(psql(server(), &fresh.url(), "SELECT sum(id) FROM t"), "3");
    project.ok(&["downgrade", "base", "--url", &fresh.url()]);
    psql(server(), &fresh.url(), "DROP ROLE made_here_by_adopt");
}

#[test]
fn files_that_need_each_other_wait_and_a_hopeless_one_keeps_its_place() {
    let project = Project::new(CUTOVER, None);
    project.write("sql/1_view.sql", "CREATE VIEW v AS SELECT f(id) FROM t;");
    project
        .write("sql/2_broken.sql", "CREATE TABLE u (id int);\nALTER TABLE nobody_has_it ADD COLUMN x int;");
    project.write("sql/3_function.sql", "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';");
    project.write("sql/10_table.sql", "CREATE TABLE t (id int);");
    let (json, code) = project.json(&["adopt", "sql", "sql"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(
        json["order"],
        serde_json::json!(["2_broken.sql", "3_function.sql", "10_table.sql", "1_view.sql"])
    );
    assert!(evidence(&json, "statement-fails", "2_broken.sql").contains("nobody_has_it"));
}

#[test]
fn a_folder_that_holds_the_revisions_is_refused() {
    let project = Project::new(CUTOVER, None);
    project.write("migrations/001_a.sql", "CREATE TABLE a ();");
    let refused = project.fails(&["adopt", "sql", "migrations"], 2);
    assert!(refused.contains("--into"), "{refused}");
    let text = project.ok(&["adopt", "sql", "migrations", "--into", "revisions"]);
    assert!(text.contains("next: migrations = \"revisions\" in cutover.toml"), "{text}");
    assert!(project.folder().join("revisions/0001_a.sql").is_file());
    assert!(project.fails(&["adopt", "sql", "nowhere"], 2).contains("is no folder"));
    std::fs::create_dir(project.folder().join("empty")).unwrap();
    assert!(project.fails(&["adopt", "sql", "empty", "--into", "other"], 2).contains("no SQL files"));
    assert!(
        project.fails(&["adopt", "sql", "migrations", "--into", "o", "--against", "x"], 2).contains("no URL")
    );
}

#[test]
fn every_layout_keeps_its_way_back() {
    let layouts: [&[(&str, &str)]; 4] = [
        &[
            ("V1__item.sql", "CREATE TABLE item (id int);"),
            ("U1__item.sql", "DROP TABLE item; -- theirs"),
            ("V1.1__note.sql", "ALTER TABLE item ADD COLUMN note text;"),
            ("R__item_view.sql", "CREATE OR REPLACE VIEW item_view AS SELECT id, note FROM item;"),
        ],
        &[
            (
                "20240101_item.sql",
                "-- migrate:up\nCREATE TABLE item (id int);\n-- migrate:down\nDROP TABLE item; -- theirs\n",
            ),
            (
                "20240102_note.sql",
                "-- migrate:up\nALTER TABLE item ADD COLUMN note text;\n\n-- migrate:down\n",
            ),
            (
                "20240103_view.sql",
                "-- migrate:up transaction:false\nCREATE VIEW item_view AS SELECT id, note FROM item;\n-- migrate:down\nDROP VIEW item_view;\n",
            ),
        ],
        &[
            (
                "00001_item.sql",
                "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE item (id int);\n-- +goose StatementEnd\n-- +goose Down\nDROP TABLE item; -- theirs\n",
            ),
            (
                "00002_note.sql",
                "-- +goose Up\nALTER TABLE item ADD COLUMN note text;\nCREATE VIEW item_view AS SELECT id, note FROM item;\n",
            ),
        ],
        &[
            ("1_item.up.sql", "CREATE TABLE item (id int);"),
            ("1_item.down.sql", "DROP TABLE item; -- theirs"),
            (
                "2_note.up.sql",
                "ALTER TABLE item ADD COLUMN note text; CREATE VIEW item_view AS SELECT id, note FROM item;",
            ),
        ],
    ];
    for files in layouts {
        let live = database();
        let project = project(&live.url(), files);
        let sql = "CREATE TABLE item (id int, note text); CREATE VIEW item_view AS SELECT id, note FROM item";
        psql(server(), &live.url(), sql);
        let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod"]);
        assert_eq!(code, 0, "{json:#}");
        assert!(states(&json).iter().all(|(_, state)| *state == "all"), "{json:#}");
        assert_eq!(json["reconciled"], Value::Null, "{json:#}");
        let first = std::fs::read_to_string(project.migrations().join("0001_item.sql")).unwrap();
        assert!(first.contains("--@ downgrade\nDROP TABLE item; -- theirs"), "{first}");
    }
}

#[test]
fn who_owns_the_live_database_makes_no_difference() {
    let live = database();
    let roles = "DROP ROLE IF EXISTS adopt_owner; DROP ROLE IF EXISTS adopt_reader; CREATE ROLE adopt_owner; CREATE ROLE adopt_reader;";
    psql(server(), &live.url(), roles);
    let files = [
        (
            "1_items.sql",
            "CREATE SCHEMA \"My Shop\";\nCREATE TABLE \"My Shop\".\"Item\" (\"Key\" text PRIMARY KEY, n serial, PRICE numeric);\nINSERT INTO \"My Shop\".\"Item\" VALUES ('it''s', 1, NULL);",
        ),
        (
            "2_grants.sql",
            "GRANT USAGE ON SCHEMA \"My Shop\" TO adopt_reader;\nGRANT SELECT (\"Key\"), UPDATE ON \"My Shop\".\"Item\" TO adopt_reader WITH GRANT OPTION;\nREVOKE DELETE ON \"My Shop\".\"Item\" FROM adopt_owner;",
        ),
        (
            "3_policy.sql",
            "ALTER TABLE \"My Shop\".\"Item\" ENABLE ROW LEVEL SECURITY;\nCREATE POLICY mine ON \"My Shop\".\"Item\" TO adopt_reader USING (n > 0);",
        ),
    ];
    let project = project(&live.url(), &files);
    let name = live.name();
    psql(server(), &live.url(), &format!("GRANT CREATE ON DATABASE {name} TO adopt_owner"));
    for (_, sql) in files {
        psql(server(), &live.url(), &format!("SET ROLE adopt_owner; {sql}"));
    }
    let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod", "--stamp"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(json["proof"]["differences"], serde_json::json!([]));
    assert_eq!(
        states(&json),
        [("1_items.sql", "all"), ("2_grants.sql", "some"), ("3_policy.sql", "all")],
        "{json:#}"
    );
    assert_eq!(project.ok(&["check", "--env", "prod"]), "history and database agree\n");
    psql(
        server(),
        &live.url(),
        "DROP OWNED BY adopt_owner; DROP OWNED BY adopt_reader; DROP ROLE adopt_owner, adopt_reader",
    );
}

#[test]
fn an_empty_database_has_had_nothing() {
    let live = database();
    let files = [
        ("1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE gone (id int);"),
        ("2_b.sql", "DROP TABLE gone;"),
        ("3_c.sql", "UPDATE a SET id = id + 1;"),
        ("4_d.sql", "GRANT SELECT ON a TO adopt_nobody;"),
    ];
    let project = project(&live.url(), &files);
    let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod"]);
    assert_eq!(code, 0, "{json:#}");
    let expected =
        [("1_a.sql", "none"), ("2_b.sql", "cannot_tell"), ("3_c.sql", "cannot_tell"), ("4_d.sql", "none")];
    assert_eq!(states(&json), expected);
    assert_eq!((&json["stamp"], &json["reconciled"]), (&Value::Null, &Value::Null));
    assert!(json["revisions"].as_array().unwrap().iter().all(|it| it["live"] == false), "{json:#}");
    project.ok(&["upgrade", "--env", "prod"]);
    psql(server(), &live.url(), "DROP OWNED BY adopt_nobody; DROP ROLE adopt_nobody");
}

/// A tool: the files, what the live database has, what is said of each file, and what `ignore` has to name.
struct Tool {
    files: &'static [(&'static str, &'static str)],
    live: &'static str,
    said: &'static [&'static str],
    told: &'static [&'static str],
    ignore: &'static str,
}

const ITEM: &str = "CREATE TABLE item (id int);";
const NOTE: &str = "ALTER TABLE item ADD COLUMN note text;";
const FILL: &str = "UPDATE item SET id = 1;";

fn tools() -> Vec<Tool> {
    vec![
        Tool {
            files: &[
                ("V1__item.sql", "CREATE TABLE item (id int DEFAULT ${first});"),
                ("V1.1__fill.sql", FILL),
                ("V2__note.sql", NOTE),
                ("V3__Fill.java", "class V3__Fill {}"),
                ("V4__more.sql", "ALTER TABLE item ADD COLUMN more text;"),
                ("R__view.sql", "CREATE OR REPLACE VIEW ids AS SELECT id FROM item;"),
                ("beforeMigrate.sql", "SELECT 1;"),
            ],
            live: "CREATE TABLE item (id int DEFAULT 7); ALTER TABLE item ADD COLUMN note text; CREATE VIEW ids AS SELECT id FROM item; \
                   CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version text, description text, type text, \
                     script text, checksum int, installed_on timestamp DEFAULT now(), success boolean); \
                   INSERT INTO flyway_schema_history (installed_rank, version, type, script, success) VALUES \
                     (1, '1', 'SQL', 'V1__item.sql', true), (2, '1.1', 'SQL', 'V1_1__fill.sql', true), (3, '3', 'JDBC', 'V3__Fill', true), \
                     (4, '4', 'SQL', 'V4__more.sql', true), (5, NULL, 'SQL', 'R__view.sql', true), (6, '9', 'SQL', 'V9__gone.sql', true)",
            said: &["applied", "applied", "nothing", "applied", "applied"],
            told: &[
                "table-disagrees V2__note.sql",
                "table-disagrees V4__more.sql",
                "applied-file-missing public.flyway_schema_history",
            ],
            ignore: "table public.flyway_schema_history",
        },
        Tool {
            files: &[
                (
                    "20240101_item.sql",
                    "-- migrate:up\nCREATE TABLE item (id int);\n-- migrate:down\nDROP TABLE item;\n",
                ),
                ("20240102_fill.sql", "-- migrate:up\nUPDATE item SET id = 1;\n-- migrate:down\n"),
            ],
            live: "CREATE TABLE item (id int); CREATE TABLE schema_migrations (version text PRIMARY KEY); \
                   INSERT INTO schema_migrations VALUES ('20240101')",
            said: &["applied", "nothing"],
            told: &[],
            ignore: "table public.schema_migrations",
        },
        Tool {
            files: &[("1_item.up.sql", ITEM), ("2_fill.up.sql", FILL), ("3_note.up.sql", NOTE)],
            live: "CREATE TABLE item (id int); CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean); \
                   INSERT INTO schema_migrations VALUES (3, true)",
            said: &["applied", "applied", "failed"],
            told: &["table-disagrees 3_note.up.sql"],
            ignore: "table public.schema_migrations",
        },
        Tool {
            files: &[
                (
                    "00001_item.sql",
                    "-- +goose Up\nCREATE TABLE item (id int);\n-- +goose Down\nDROP TABLE item;\n",
                ),
                ("00002_fill.go", "package migrations"),
                ("00003_note.sql", "-- +goose Up\nALTER TABLE item ADD COLUMN note text;\n"),
            ],
            live: "CREATE TABLE item (id int); \
                   CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint, is_applied boolean, tstamp timestamp); \
                   INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (3, true), (3, false)",
            said: &["applied", "undone"],
            told: &[],
            ignore: "table public.goose_db_version",
        },
        Tool {
            files: &[
                ("migration_lock.toml", "provider = \"postgresql\""),
                ("20240101000000_item/migration.sql", ITEM),
                ("20240102000000_fill/migration.sql", FILL),
            ],
            live: "CREATE TABLE item (id int); CREATE TABLE _prisma_migrations (id text PRIMARY KEY, checksum text, \
                     finished_at timestamptz, migration_name text, rolled_back_at timestamptz, started_at timestamptz); \
                   INSERT INTO _prisma_migrations VALUES ('a', 'x', now(), '20240101000000_item', NULL, now()), \
                     ('b', 'x', now(), '20240102000000_fill', NULL, now())",
            said: &["applied", "applied"],
            told: &[],
            ignore: "table public._prisma_migrations",
        },
        Tool {
            files: &[
                ("0000_sharp_rollback.sql", "CREATE TABLE item (id int);--> statement-breakpoint\nSELECT 1;"),
                ("0001_dark_undo.sql", FILL),
                (
                    "meta/_journal.json",
                    "{\"entries\": [{\"when\": 1700000000000, \"tag\": \"0000_sharp_rollback\"}, {\"when\": 1700000100000, \"tag\": \"0001_dark_undo\"}]}",
                ),
            ],
            live: "CREATE TABLE item (id int); CREATE SCHEMA drizzle; \
                   CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint); \
                   INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('a', 1700000000000)",
            said: &["applied", "nothing"],
            told: &[],
            ignore: "schema drizzle",
        },
    ]
}

#[test]
fn the_table_of_a_tool_is_asked_and_left_out() {
    for tool in tools() {
        let live = database();
        let project = project(&live.url(), tool.files);
        psql(server(), &live.url(), tool.live);
        let args = ["adopt", "sql", "sql", "--against", "prod", "--stamp", "--placeholder", "first=7"];
        let (json, code) = project.json(&args);
        assert_eq!(
            (code, &json["proof"]["holds"], &json["reconciled"]),
            (0, &true.into(), &Value::Null),
            "{json:#}"
        );
        let files = json["files"].as_array().unwrap();
        let said: Vec<&str> =
            files.iter().map(|it| it["applied"]["said"]["says"].as_str().unwrap()).collect();
        assert_eq!(said, tool.said, "{json:#}");
        let all = json["conclusions"].as_array().unwrap();
        let told = all
            .iter()
            .filter(|it| ["table-disagrees", "applied-file-missing"].contains(&it["id"].as_str().unwrap()));
        let told: Vec<String> = told
            .map(|it| format!("{} {}", it["id"].as_str().unwrap(), it["about"].as_str().unwrap()))
            .collect();
        assert_eq!(told, tool.told, "{json:#}");
        // what leaves nothing behind goes by the table
        let is_open = |it: &&Value| it["live"] == false && it["from"].as_str().unwrap().contains("fill");
        let open = json["revisions"].as_array().unwrap().iter().filter(is_open).count();
        let fill = files.iter().position(|it| it["file"].as_str().unwrap().contains("fill"));
        assert_eq!(open == 1, fill.is_some_and(|at| tool.said[at] == "nothing"), "{json:#}");
        // and the table stays where it is
        let next = all.iter().find(|it| it["id"] == "tool-table").unwrap()["next"].as_str().unwrap();
        assert!(next.starts_with(&format!("add \"{}\" to ignore", tool.ignore)), "{next}");
        let config = std::fs::read_to_string(project.folder().join("cutover.toml")).unwrap();
        project.write("cutover.toml", &format!("ignore = [\"{}\"]\n{config}", tool.ignore));
        assert_eq!(project.ok(&["check", "--env", "prod"]), "history and database agree\n");
    }
}

#[test]
fn an_index_that_cannot_be_built_leaves_nothing_behind() {
    let project = Project::new(CUTOVER, None);
    let text = "CREATE TABLE t (id int, v text);\nINSERT INTO t VALUES (1, 'x'), (2, 'x');\n\
                CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v);\nDISCARD ALL;\n";
    project.write("sql/1_t.sql", text);
    let (json, code) = project.json(&["adopt", "sql", "sql"]);
    assert_eq!(code, 0, "{json:#}");
    assert!(evidence(&json, "statement-fails", "1_t.sql").contains("could not create unique index"));
    let text = std::fs::read_to_string(project.migrations().join("0001_t.sql")).unwrap();
    assert!(!text.contains("DROP INDEX") && text.contains("--   DISCARD ALL"), "{text}");
    assert_eq!(json["proof"]["one_way"], serde_json::json!([]));
}

#[test]
fn trying_a_file_out_takes_no_number_of_a_sequence() {
    let project = Project::new(CUTOVER, None);
    project
        .write("sql/1_early.sql", "INSERT INTO kind (name) VALUES ('early');\nINSERT INTO late VALUES (1);");
    project.write(
        "sql/2_kind.sql",
        "CREATE TABLE kind (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);",
    );
    project.write("sql/3_kinds.sql", "INSERT INTO kind (name) VALUES ('a'), ('b'), (repeat('no', 1 / 0));\nINSERT INTO kind (name) VALUES ('a'), ('b');");
    project.write(
        "sql/4_item.sql",
        "CREATE TABLE item (kind int NOT NULL REFERENCES kind (id));\nINSERT INTO item VALUES (1), (2);",
    );
    project.write("sql/5_late.sql", "CREATE TABLE late (kind int REFERENCES kind (id));");
    let (json, code) = project.json(&["adopt", "sql", "sql"]);
    assert_eq!(code, 0, "{json:#}");
    // one statement divides by zero, and nothing else fails
    let failing: Vec<&str> = ids(&json).into_iter().filter(|id| *id == "statement-fails").collect();
    assert_eq!((failing.len(), json["proof"]["holds"].as_bool()), (1, Some(true)), "{json:#}");
    let fresh = database();
    project.ok(&["upgrade", "--url", &fresh.url()]);
    let names = "SELECT string_agg(id || name, ' ' ORDER BY id) FROM kind";
    assert_eq!(psql(server(), &fresh.url(), names), "1a 2b 3early");
}

#[test]
fn a_password_of_a_file_is_told_and_goes_nowhere() {
    let project = Project::new(CUTOVER, None);
    let text = "\\set app_password hunter2\nCREATE ROLE adopt_secret LOGIN PASSWORD :'app_password';\n\
                -- ALTER ROLE adopt_secret PASSWORD 'hunter2';\nALTER ROLE adopt_secret PASSWORD 'hunter2';\n\
                CREATE TABLE t (id int);\nDO $$ BEGIN EXECUTE 'ALTER ROLE adopt_secret PASSWORD ''hunter2'' CREATEDB'; END $$;\n\
                ALTER ROLE adopt_secret PASWORD 'hunter2';\n";
    project.write("sql/1_role.sql", text);
    project.write(
        "sql/1_role.down.sql",
        "DROP TABLE t;\nALTER ROLE adopt_secret PASSWORD 'hunter2' NOCREATEDB;\n",
    );
    let (json, code) = project.json(&["adopt", "sql", "sql", "--report", "adopted.md"]);
    assert_eq!((code, &json["proof"]["holds"]), (0, &true.into()), "{json:#}");
    let all = json["conclusions"].as_array().unwrap().iter().filter(|it| it["id"] == "password-in-file");
    let places: Vec<String> =
        all.map(|it| format!("{}:{}", it["place"]["path"], it["place"]["line"])).collect();
    let expected = ["\"1_role.down.sql\":2", "\"1_role.sql\":2", "\"1_role.sql\":4", "\"1_role.sql\":6"];
    assert_eq!(places, expected);
    let written = std::fs::read_to_string(project.migrations().join("0001_role.sql")).unwrap();
    let report = std::fs::read_to_string(project.folder().join("adopted.md")).unwrap();
    for text in [&written, &report, &json.to_string()] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    for part in ["CREATE ROLE adopt_secret LOGIN;", "set by hand", "'ALTER ROLE adopt_secret CREATEDB'"] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    let fresh = database();
    project.ok(&["upgrade", "--url", &fresh.url()]);
    project.ok(&["downgrade", "base", "--url", &fresh.url()]);
    psql(server(), &fresh.url(), "DROP ROLE adopt_secret");
}

#[test]
fn a_temporary_table_is_no_part_of_the_schema() {
    let live = database();
    let files = [
        (
            "1_items.sql",
            "CREATE TEMP TABLE staging (id int);\nINSERT INTO staging VALUES (1), (2);\nCREATE TABLE item (id int PRIMARY KEY);\n\
             INSERT INTO item SELECT id FROM staging;\nCREATE TEMP VIEW ids AS SELECT id FROM item;\nSET search_path = nowhere;",
        ),
        (
            "2_notes.sql",
            "CREATE TEMP TABLE staging (note text);\nINSERT INTO staging VALUES ('x');\nCREATE TABLE note AS SELECT note FROM staging;",
        ),
    ];
    let project = project(&live.url(), &files);
    files.iter().for_each(|(_, sql)| drop(psql(server(), &live.url(), sql)));
    let (json, code) = project.json(&["adopt", "sql", "sql", "--against", "prod"]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(states(&json), [("1_items.sql", "all"), ("2_notes.sql", "all")]);
    assert_eq!(
        (&json["proof"]["one_way"], &json["reconciled"]),
        (&serde_json::json!([]), &Value::Null),
        "{json:#}"
    );
    let told = ids(&json);
    assert!(
        !["way-back-differs", "statement-fails", "overlap"].iter().any(|id| told.contains(id)),
        "{json:#}"
    );
    let second = std::fs::read_to_string(project.migrations().join("0002_notes.sql")).unwrap();
    assert!(!second.split("--@ downgrade").nth(1).unwrap().contains("staging"), "{second}");
}
