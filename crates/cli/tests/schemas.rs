//! `diff`, `dump`, `check`, `test` and `new --autogenerate`, as a user runs them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::{Project, database, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A project of two revisions with models in SQL that want a column, an index and a view more.
fn project(url: Option<&str>) -> Project {
    let project = Project::new(CUTOVER, url);
    project.revision("0001", "base", "CREATE TABLE item (id int PRIMARY KEY, old text);", "DROP TABLE item;");
    project.revision("0002", "0001", "INSERT INTO item VALUES (1, 'x');", "DELETE FROM item;");
    project
}

fn models(project: &Project, sql: &str) {
    project.write("schema/all.sql", sql);
    let config = std::fs::read_to_string(project.folder().join("cutover.toml")).unwrap();
    project.write("cutover.toml", &format!("models = {{ sql = \"schema\" }}\n{config}"));
}

#[test]
fn diff_shows_a_tree_sql_and_json() {
    let project = Project::new(CUTOVER, None);
    project.write("a.sql", "CREATE TABLE t (id int, gone text);");
    project.write("b.sql", "CREATE TABLE t (id bigint); CREATE INDEX t_id ON t (id);");
    let tree = project.ok(&["diff", "a.sql", "b.sql"]);
    assert_eq!(
        tree,
        "~ table public.t\n    columns.id.type: integer -> bigint\n    - columns.gone: text\n+ index public.t_id\n"
    );
    let sql = project.ok(&["diff", "a.sql", "b.sql", "--sql"]);
    for part in [
        "ALTER TABLE public.t DROP COLUMN gone;",
        "ALTER TABLE public.t ALTER COLUMN id TYPE bigint;",
        "CREATE INDEX CONCURRENTLY t_id ON public.t USING btree (id);",
    ] {
        assert!(sql.contains(part), "{sql}");
    }
    let (json, code) = project.json(&["diff", "a.sql", "b.sql", "--exit-code"]);
    assert_eq!((code, json["actions"][0]["loss"].as_str()), (3, Some("data")));
    assert_eq!(project.ok(&["diff", "a.sql", "a.sql"]), "no differences\n");
    let error = project.fails(&["diff", "a.sql", "nothing.sql"], 2);
    assert!(error.contains("\"nothing.sql\" is no database"), "{error}");
}

#[test]
fn files_of_a_folder_are_sorted_and_errors_have_a_place() {
    let project = Project::new(CUTOVER, None);
    project.write("s/a_view.sql", "CREATE VIEW v AS SELECT f(id) FROM t;");
    project
        .write("s/b_function.sql", "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT id FROM t';");
    project.write("s/c_table.sql", "CREATE TABLE t (id int);");
    project.write("whole.sql", "CREATE TABLE t (id int);\nCREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT id FROM t';\nCREATE VIEW v AS SELECT f(id) FROM t;");
    assert_eq!(project.ok(&["diff", "s", "whole.sql"]), "no differences\n");
    project.write("s/d.sql", "-- one\nCREATE TABLE u (id nothing);");
    let error = project.fails(&["diff", "s", "whole.sql"], 1);
    for part in ["type \"nothing\" does not exist", "d.sql:2:20"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn dump_gives_what_loading_it_gives() {
    let project = Project::planner(CUTOVER, None);
    let dump = project.ok(&["dump", "--at", "0011"]);
    project.write("dump.sql", &dump);
    assert_eq!(project.ok(&["diff", "migrations@0011", "dump.sql"]), "no differences\n");
    assert_eq!(project.ok(&["dump", "dump.sql"]), dump, "the order of a dump depends on where it comes from");
}

#[test]
fn a_name_of_two_lines_does_not_leave_its_comment() {
    let project = Project::new(CUTOVER, None);
    project.write("a.sql", "CREATE TABLE \"t\nDROP TABLE t; --\" (\"c\rd\" int DEFAULT 1);");
    let dump = project.ok(&["dump", "a.sql"]);
    assert!(dump.contains("-- create table public.\"t DROP TABLE t; --\"\n"), "{dump}");
    project.write("dump.sql", &dump);
    assert_eq!(project.ok(&["diff", "a.sql", "dump.sql"]), "no differences\n");
}

#[test]
fn autogenerate_writes_what_the_models_want_once() {
    let project = project(None);
    models(
        &project,
        "CREATE VIEW v AS SELECT new FROM item;\nCREATE TABLE item (id int PRIMARY KEY, new boolean);",
    );
    let refused = project.fails(&["new", "models", "--autogenerate"], 2);
    assert!(refused.contains("drop column public.item.old"), "{refused}");
    project.ok(&["new", "models", "--autogenerate", "--allow-destructive"]);
    let text = std::fs::read_to_string(project.migrations().join("0003_models.sql")).unwrap();
    for part in [
        "-- add column public.item.new\nALTER TABLE public.item ADD COLUMN new boolean;",
        "CREATE VIEW public.v AS",
        "--@ downgrade\n-- drop view public.v\nDROP VIEW public.v;",
        "-- add column public.item.old (what was in it does not come back)\nALTER TABLE public.item ADD COLUMN old text;",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let again = project.ok(&["new", "models", "--autogenerate"]);
    assert!(again.contains("nothing to do"), "{again}");
    assert_eq!(project.ok(&["diff", "migrations", "models"]), "no differences\n");
}

#[test]
fn check_tells_drift_from_a_missing_revision() {
    let database = database();
    let project = project(Some(&database.url()));
    project.ok(&["upgrade"]);
    assert_eq!(project.ok(&["check"]), "history and database agree\n");
    psql(server(), &database.url(), "CREATE INDEX by_hand ON item (old)");
    models(&project, "CREATE TABLE item (id int PRIMARY KEY, old text NOT NULL);");
    let (json, code) = project.json(&["check"]);
    assert_eq!((code, json["agree"].as_bool()), (3, Some(false)));
    assert_eq!(json["database"][0]["object"], "index public.by_hand");
    assert_eq!(json["models"][0]["differences"][0]["attribute"], "columns.old.not_null");
}

#[test]
fn test_names_what_does_not_come_back() {
    let project = Project::new(CUTOVER, None);
    project.revision(
        "0001",
        "base",
        "CREATE TABLE a (id int);\nCREATE INDEX a_id ON a (id);",
        "DROP TABLE a;",
    );
    project.revision("0002", "0001", "CREATE INDEX two ON a (id);\nINSERT INTO a VALUES (1);", "SELECT 1;");
    project.revision("0003", "0002", "SELECT 1;", "SELECT 1;");
    let (json, code) = project.json(&["test"]);
    // the second time the index is there already
    let verdicts: Vec<&str> = (0..3).map(|at| json["revisions"][at]["verdict"].as_str().unwrap()).collect();
    assert_eq!((code, verdicts), (3, vec!["passed", "broken", "skipped"]), "{json}");
    std::fs::remove_file(project.migrations().join("0003_test.sql")).unwrap();
    project.revision(
        "0002",
        "0001",
        "CREATE INDEX IF NOT EXISTS two ON a (id);\nINSERT INTO a VALUES (1);",
        "SELECT 1;",
    );
    let (json, code) = project.json(&["test", "--junit", "report.xml"]);
    assert_eq!(code, 3);
    assert_eq!(json["revisions"][0]["verdict"], "passed");
    let faults = &json["revisions"][1]["faults"];
    assert_eq!(faults[0]["changes"][0]["object"], "index public.two");
    assert_eq!(faults[0]["rows"][0], serde_json::json!({ "table": "public.a", "expected": 0, "found": 1 }));
    let report = std::fs::read_to_string(project.folder().join("report.xml")).unwrap();
    assert!(report.contains("tests=\"2\" failures=\"1\""), "{report}");
}

#[test]
fn every_revision_of_the_example_comes_back() {
    let project = Project::planner(CUTOVER, None);
    std::fs::remove_file(project.migrations().join("0013_semantic_search.sql")).unwrap();
    let text = project.ok(&["test"]);
    assert!(text.contains("12 revisions tested, 0 failed"), "{text}");
}

#[test]
fn a_rename_is_asked_and_never_guessed() {
    let project = project(None);
    models(&project, "CREATE TABLE item (id int PRIMARY KEY, title text NOT NULL DEFAULT '');");
    let refused = project.fails(&["new", "models", "--autogenerate", "--allow-destructive"], 2);
    for part in ["column public.item.old -> title", "--rename item.old=title", "--no-rename item.old"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert!(!project.migrations().join("0003_models.sql").exists());
    let wrong = project.fails(&["new", "models", "--autogenerate", "--rename", "item.nothing=title"], 2);
    assert!(wrong.contains("there is no item.nothing that could be renamed"), "{wrong}");
    project.ok(&["new", "models", "--autogenerate", "--rename", "item.old=title"]);
    let text = std::fs::read_to_string(project.migrations().join("0003_models.sql")).unwrap();
    for part in [
        "-- rename column public.item.old to title\nALTER TABLE public.item RENAME COLUMN old TO title;",
        "ALTER COLUMN title SET DEFAULT ''::text;",
        "--@ downgrade\n-- rename column public.item.title to old\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("DROP COLUMN"), "{text}");
    assert!(project.ok(&["test"]).contains("3 revisions tested, 0 failed"));
}

#[test]
fn a_comment_in_the_models_tells_a_rename_once() {
    let project = project(None);
    models(
        &project,
        "CREATE TABLE thing ( --@ renamed from item\n  id int PRIMARY KEY,\n  title text --@ renamed from old\n);",
    );
    project.ok(&["new", "models", "--autogenerate"]);
    let text = std::fs::read_to_string(project.migrations().join("0003_models.sql")).unwrap();
    for part in [
        "ALTER TABLE public.item RENAME TO thing;",
        "ALTER TABLE public.thing RENAME COLUMN old TO title;",
        "ALTER TABLE public.thing RENAME CONSTRAINT item_pkey TO thing_pkey;",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("DROP"), "{text}");
    // the comment may stay
    assert!(project.ok(&["new", "again", "--autogenerate"]).contains("nothing to do"));
}

#[test]
fn a_diff_tells_what_may_be_a_rename() {
    let project = Project::new(CUTOVER, None);
    project.write("a.sql", "CREATE TABLE users (id int, name text, mail text);");
    project.write("b.sql", "CREATE TABLE users (id int, full_name text, mail text);");
    let (json, _) = project.json(&["diff", "a.sql", "b.sql"]);
    assert_eq!(json["rename_candidates"], serde_json::json!(["users.name=full_name"]));
    let tree = project.ok(&["diff", "a.sql", "b.sql", "--rename", "users.name=full_name"]);
    assert_eq!(tree, "~ column public.users.name is now full_name\n");
    let (json, _) = project.json(&["diff", "a.sql", "b.sql", "--no-rename", "users.name"]);
    assert_eq!(json["rename_candidates"], serde_json::json!([]));
}

#[test]
fn tables_of_a_folder_may_refer_to_each_other_in_a_circle() {
    let project = Project::new(CUTOVER, None);
    project.write("s/a.sql", "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL REFERENCES b DEFERRABLE);");
    project.write(
        "s/b.sql",
        "CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a ON DELETE CASCADE);",
    );
    let dump = project.ok(&["dump", "s"]);
    for part in
        ["ADD CONSTRAINT a_b_fkey FOREIGN KEY (b) REFERENCES public.b(id) DEFERRABLE", "ON DELETE CASCADE"]
    {
        assert!(dump.contains(part), "{dump}");
    }
    project.write("s/c.sql", "CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES nowhere);");
    let error = project.fails(&["dump", "s"], 1);
    assert!(error.contains("relation \"nowhere\" does not exist") && error.contains("c.sql:1:"), "{error}");
}

#[test]
fn a_plan_for_another_schema_is_refused() {
    let database = database();
    let project = Project::new(CUTOVER, None);
    psql(server(), &database.url(), "CREATE TABLE t (id int)");
    project.write("b.sql", "CREATE TABLE t (id bigint);");
    let plan = project.ok(&["diff", &database.url(), "b.sql", "--sql"]);
    let made_for = plan.lines().next().unwrap().strip_prefix("-- made for the schema ").unwrap().to_owned();
    let again = project.ok(&["diff", &database.url(), "b.sql", "--sql", "--expect", &made_for]);
    assert_eq!(again, plan);
    psql(server(), &database.url(), "CREATE INDEX by_hand ON t (id)");
    let arguments = ["diff", &database.url(), "b.sql", "--sql", "--expect", &made_for];
    let done = project.run(&arguments);
    assert_eq!((done.code, done.out.as_str()), (1, ""), "nothing to run is printed");
    assert!(done.err.contains("is not the one that was expected"), "{}", done.err);
}

#[test]
fn a_type_that_would_rewrite_a_table_is_written_as_a_rollout() {
    let project = Project::new(CUTOVER, Some("postgresql://nobody@localhost:1/none"));
    let before = "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, v varchar(5));\n\
                  CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a);";
    project.revision("0001", "base", before, "DROP TABLE b, a;");
    let wanted = "CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n bigint, v varchar(9));\n\
                  CREATE TABLE b (id int PRIMARY KEY, a_id bigint NOT NULL REFERENCES a);";
    models(&project, wanted);
    let (json, _) = project.json(&["new", "wider", "--autogenerate"]);
    // the key takes along what refers to it; a wider varchar is a change of the catalog
    assert_eq!(json["rollouts"], serde_json::json!(["bigint-a-id", "type-a-n"]), "{json}");
    let own = std::fs::read_to_string(project.migrations().join("0002_wider.sql")).unwrap();
    assert!(own.contains("ALTER COLUMN v TYPE character varying(9)") && !own.contains("bigint"), "{own}");
    assert_eq!(project.ok(&["diff", "migrations", "models"]), "no differences\n");
    assert!(project.ok(&["new", "again", "--autogenerate"]).contains("nothing to do"));
    // when there is nothing else to do, there is no revision of its own
    project.write("schema/all.sql", &wanted.replace("b (id int", "b (id bigint"));
    let (json, _) = project.json(&["new", "key", "--autogenerate"]);
    assert_eq!(
        (&json["id"], &json["rollouts"]),
        (&serde_json::Value::Null, &serde_json::json!(["bigint-b-id"]))
    );
    // and at once for who wants it so
    project.write(
        "schema/all.sql",
        &wanted.replace("b (id int", "b (id bigint").replace("n bigint", "n numeric"),
    );
    let (json, _) = project.json(&["new", "plain", "--autogenerate", "--plain"]);
    assert_eq!(json["rollouts"], serde_json::json!([]), "{json}");
}
