//! `cutover reconcile` with databases that each differ in their own way.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_engine::server::ScratchDatabase;
use cutover_testkit::{Project, database, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

const MODELS: &str = r#"
CREATE TYPE mood AS ENUM ('good', 'bad', 'so so');
CREATE TABLE item (
    id int PRIMARY KEY, title text NOT NULL, n bigint NOT NULL DEFAULT 0, mood mood, "Odd ""name" text,
    CONSTRAINT n_is_positive CHECK (n >= 0)
);
CREATE INDEX item_title ON item (title, id);
CREATE TABLE part (item_id int REFERENCES item, no int, PRIMARY KEY (item_id, no));
CREATE VIEW titles AS SELECT id, upper(title) AS title FROM item;
CREATE FUNCTION twice(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a * 2; END $$;
COMMENT ON COLUMN item.n IS 'how many; it''s a number';
"#;

/// A history that lacks some of what the models want, and databases at its head.
fn project(names: &[&str], models: Option<&str>) -> (Project, Vec<ScratchDatabase>) {
    let databases: Vec<ScratchDatabase> = names.iter().map(|_| database()).collect();
    let project = Project::new(CUTOVER, None);
    let mut config = models.map_or(String::new(), |_| "models = { sql = \"models.sql\" }\n".to_owned());
    for (name, database) in names.iter().zip(&databases) {
        config += &format!("[env.{name}]\nurl = \"{}\"\n", database.url());
    }
    project.write("cutover.toml", &config);
    if let Some(models) = models {
        project.write("models.sql", models);
    }
    project.revision(
        "0001",
        "base",
        "CREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TABLE item (id int PRIMARY KEY, title text, n int);\nCREATE INDEX item_title ON item (title);",
        "DROP TABLE item;\nDROP TYPE mood;",
    );
    project.revision(
        "0002",
        "0001",
        "CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql AS 'SELECT 2 * a';",
        "DROP FUNCTION twice(int);",
    );
    for name in names {
        project.ok(&["upgrade", "--env", name]);
        psql(
            server(),
            &databases[names.iter().position(|it| it == name).unwrap()].url(),
            "INSERT INTO item VALUES (1, 'a', 5), (2, 'b', 0)",
        );
    }
    (project, databases)
}

fn text_of(project: &Project, id: &str) -> String {
    let entries = std::fs::read_dir(project.migrations()).unwrap();
    let path = entries
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(id));
    std::fs::read_to_string(path.unwrap()).unwrap()
}

#[test]
fn databases_that_each_differ_come_to_the_schema_of_the_models() {
    let (project, databases) = project(&["prod", "staging", "dev"], Some(MODELS));
    // one has some of it by hand, one has it otherwise, one is as the history says
    psql(
        server(),
        &databases[0].url(),
        r#"ALTER TABLE item ADD COLUMN "Odd ""name" text, ALTER COLUMN n TYPE bigint, ADD CONSTRAINT n_is_positive CHECK (n > -1);
        CREATE TABLE part (item_id int, no int, PRIMARY KEY (item_id, no));
        CREATE INDEX by_hand ON item (n);
        ALTER TYPE mood ADD VALUE 'so so';
        CREATE VIEW titles AS SELECT id, lower(title) AS title FROM item;"#,
    );
    psql(
        server(),
        &databases[1].url(),
        r#"DROP INDEX item_title; CREATE INDEX item_title ON item (title, id);
        ALTER TABLE item ADD COLUMN mood mood, ALTER COLUMN n SET NOT NULL, ALTER COLUMN title SET NOT NULL;
        CREATE OR REPLACE FUNCTION twice(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a * 2; END $$;
        COMMENT ON COLUMN item.n IS 'how many; it''s a number';"#,
    );
    let (json, code) =
        project.json(&["reconcile", "--against", "prod", "--against", "staging", "--against", "dev"]);
    assert_eq!((code, json["id"].as_str()), (0, Some("0003")), "{json}");
    let does = |title: &str| -> Vec<String> {
        let steps = json["steps"].as_array().unwrap();
        let step = steps
            .iter()
            .find(|it| it["title"].as_str().unwrap().contains(title))
            .unwrap_or_else(|| panic!("{title}\n{json}"));
        step["does"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(does("drop index public.by_hand"), ["prod"]);
    assert_eq!(does("add column public.item.mood"), ["prod", "dev", "the history"]);
    assert_eq!(does("index public.item_title steps aside"), ["prod", "dev", "the history"]);
    assert_eq!(does("create table public.part"), ["staging", "dev", "the history"]);
    let text = text_of(&project, "0003");
    for part in [
        "DROP INDEX CONCURRENTLY IF EXISTS public.by_hand;",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS item_title ON public.item USING btree (title, id);",
        "VALIDATE CONSTRAINT",
        "RAISE EXCEPTION USING MESSAGE = 'function public.twice(integer) is in a state",
        "-- prod:\n--   ",
        "--   - index public.by_hand",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for name in ["prod", "staging", "dev"] {
        project.ok(&["upgrade", "--env", name]);
        assert_eq!(project.ok(&["check", "--env", name]), "history, models and database agree\n", "{name}");
    }
    let rows = psql(server(), &databases[0].url(), "SELECT count(*), sum(n) FROM item");
    assert!(rows.contains('2') && rows.contains('5'), "{rows}");
    let new = database();
    project.ok(&["upgrade", "--url", &new.url()]);
    assert_eq!(project.ok(&["check", "--url", &new.url()]), "history, models and database agree\n");
    // and once more there is nothing to do
    let again = project.ok(&["reconcile", "--against", "prod", "--against", "dev"]);
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn what_holds_data_goes_only_when_told_and_with_its_number_of_rows() {
    let (project, databases) = project(&["prod"], None);
    psql(
        server(),
        &databases[0].url(),
        "ALTER TABLE item ADD COLUMN note text; CREATE TABLE kept_by_hand (id int); INSERT INTO kept_by_hand SELECT generate_series(1, 300); ANALYZE;",
    );
    let refused = project.fails(&["reconcile", "--against", "prod"], 2);
    for part in [
        "prod: drop column public.item.note (about 2 rows)",
        "drop table public.kept_by_hand (about 300 rows)",
        "--allow-destructive",
    ] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    assert_eq!(std::fs::read_dir(project.migrations()).unwrap().count(), 2);
    let out = project.ok(&["reconcile", "--against", "prod", "--allow-destructive"]);
    assert!(out.contains("the history: 0 changes, 2 with nothing to do"), "{out}");
    let text = text_of(&project, "0003");
    assert!(
        text.contains("DROP COLUMN IF EXISTS note;")
            && text.contains("DROP TABLE IF EXISTS public.kept_by_hand;"),
        "{text}"
    );
    project.ok(&["upgrade", "--env", "prod"]);
    assert_eq!(project.ok(&["check", "--env", "prod"]), "history and database agree\n");
    assert!(project.ok(&["test"]).contains("3 revisions tested, 0 failed"));
}

#[test]
fn a_state_that_nobody_has_seen_stops_it() {
    let (project, databases) = project(&["prod", "staging"], None);
    psql(
        server(),
        &databases[0].url(),
        "ALTER TABLE item ADD CONSTRAINT c CHECK (n >= 0), ALTER COLUMN n SET DEFAULT 4",
    );
    psql(server(), &databases[1].url(), "ALTER TABLE item ALTER COLUMN n SET DEFAULT 5");
    project.ok(&["reconcile", "--against", "prod", "--against", "staging", "--to", "history"]);
    psql(server(), &databases[0].url(), "ALTER TABLE item ALTER COLUMN n SET DEFAULT 6");
    let refused = project.fails(&["upgrade", "--env", "prod"], 1);
    assert!(refused.contains("is in a state that this revision was not written for"), "{refused}");
    psql(server(), &databases[0].url(), "ALTER TABLE item ALTER COLUMN n SET DEFAULT 4");
    for name in ["prod", "staging"] {
        project.ok(&["upgrade", "--env", name]);
        assert_eq!(project.ok(&["check", "--env", name]), "history and database agree\n");
    }
}

#[test]
fn pending_revisions_run_before_and_a_ledger_may_be_missing() {
    let (project, databases) = project(&["prod", "old"], None);
    project.revision(
        "0003",
        "0002",
        "ALTER TABLE item ADD COLUMN late text;\nCREATE INDEX late ON item (late);",
        "ALTER TABLE item DROP COLUMN late;",
    );
    project.ok(&["upgrade", "--env", "old"]);
    psql(server(), &databases[0].url(), "ALTER TABLE item ALTER COLUMN n SET NOT NULL");
    // one that was made by other means
    psql(server(), &databases[1].url(), "DROP SCHEMA cutover CASCADE; DROP INDEX late;");
    let (json, code) = project.json(&["reconcile", "--against", "prod", "--against", "old"]);
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["databases"][0]["pending"], 1);
    let ids: Vec<&str> =
        json["conclusions"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["no-ledger", "pending"]);
    project.ok(&["stamp", "0003", "--env", "old"]);
    for name in ["prod", "old"] {
        project.ok(&["upgrade", "--env", name]);
        assert_eq!(project.ok(&["check", "--env", name]), "history and database agree\n");
    }
}

#[test]
fn what_a_database_had_before_is_not_dropped_on_the_way_back() {
    let (project, databases) = project(
        &["prod"],
        Some(
            "CREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TABLE item (id int PRIMARY KEY, title text, n int, old text);\nCREATE INDEX item_title ON item (title);\nCREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql AS 'SELECT 2 * a';",
        ),
    );
    psql(server(), &databases[0].url(), "ALTER TABLE item ADD COLUMN old text");
    let out = project.ok(&["reconcile", "--against", "prod"]);
    assert!(
        out.contains(
            "irreversible: the way back would drop column public.item.old, which a database had before"
        ),
        "{out}"
    );
    assert!(out.contains("prod: 0 changes, 1 with nothing to do"), "{out}");
    project.ok(&["upgrade", "--env", "prod"]);
    assert_eq!(project.ok(&["check", "--env", "prod"]), "history, models and database agree\n");
}
