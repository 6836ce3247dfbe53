//! `cutover test` on the example, with a fault planted in a downgrade: each is found and named, and nothing else is.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::Project;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// What a revision does, each with its way back: what `test` says when that is forgotten, up, down.
const PARTS: [(&str, &str, &str); 14] = [
    ("index public.thing_name", "CREATE INDEX thing_name ON thing (name);", "DROP INDEX thing_name;"),
    (
        "columns.size.default",
        "ALTER TABLE thing ALTER size SET DEFAULT 7;",
        "ALTER TABLE thing ALTER size DROP DEFAULT;",
    ),
    ("comment", "COMMENT ON TABLE thing IS 'new';", "COMMENT ON TABLE thing IS 'old';"),
    ("privileges", "GRANT SELECT ON thing TO PUBLIC;", "REVOKE SELECT ON thing FROM PUBLIC;"),
    ("firing", "ALTER TABLE thing DISABLE TRIGGER touch;", "ALTER TABLE thing ENABLE TRIGGER touch;"),
    (
        "labels",
        "ALTER TYPE shade RENAME TO shade_was;\nCREATE TYPE shade AS ENUM ('dark', 'light');\nDROP TYPE shade_was;",
        "DROP TYPE shade;\nCREATE TYPE shade AS ENUM ('light', 'dark');",
    ),
    ("table public.log_2", "CREATE TABLE log_2 PARTITION OF log FOR VALUES IN (2);", "DROP TABLE log_2;"),
    ("rows", "INSERT INTO thing (id, name) VALUES (2, 'two');", "DELETE FROM thing WHERE id = 2;"),
    (
        "columns.name.not_null",
        "ALTER TABLE thing ALTER name SET NOT NULL;",
        "ALTER TABLE thing ALTER name DROP NOT NULL;",
    ),
    (
        "function public.one()",
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2';",
        "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';",
    ),
    (
        "constraint thing_size ON public.thing",
        "ALTER TABLE thing DROP CONSTRAINT thing_size;",
        "ALTER TABLE thing ADD CONSTRAINT thing_size CHECK (size > 0);",
    ),
    (
        "columns.size.statistics",
        "ALTER TABLE thing ALTER size SET STATISTICS 400;",
        "ALTER TABLE thing ALTER size SET STATISTICS -1;",
    ),
    (
        "policy mine ON public.thing",
        "CREATE POLICY mine ON thing USING (true);",
        "DROP POLICY mine ON thing;",
    ),
    (
        "replica_identity",
        "ALTER TABLE thing REPLICA IDENTITY FULL;",
        "ALTER TABLE thing REPLICA IDENTITY DEFAULT;",
    ),
];

const GROUND: &str =
    "CREATE TABLE thing (id int PRIMARY KEY, name text, size int CONSTRAINT thing_size CHECK (size > 0));
COMMENT ON TABLE thing IS 'old';
CREATE TYPE shade AS ENUM ('light', 'dark');
CREATE TABLE log (id int) PARTITION BY LIST (id);
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON thing FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO thing VALUES (1, 'one', 1);";

/// The example with two revisions more; the second's way back forgets one thing, or none.
fn project(forgotten: Option<usize>) -> Project {
    let project = Project::planner(CUTOVER, None);
    std::fs::remove_file(project.migrations().join("0013_semantic_search.sql")).unwrap();
    let down = "DROP TABLE thing, log;\nDROP TYPE shade;\nDROP FUNCTION one(), touch();";
    project.revision("0101", "0011", GROUND, down);
    let up: Vec<&str> = PARTS.iter().map(|(_, up, _)| *up).collect();
    let down: Vec<&str> = PARTS
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != forgotten)
        .map(|(_, (.., down))| *down)
        .collect();
    // what was forgotten must not be in the way of the second time
    let again: Vec<String> = up.iter().map(|sql| again(sql)).collect();
    project.revision("0102", "0101", &again.join("\n"), &down.join("\n"));
    project
}

/// A statement that may have been run before.
fn again(sql: &str) -> String {
    let sql = sql.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS");
    let sql = sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");
    let sql = sql.replace("DROP CONSTRAINT", "DROP CONSTRAINT IF EXISTS");
    let sql = sql.replace("CREATE POLICY mine", "DROP POLICY IF EXISTS mine ON thing;\nCREATE POLICY mine");
    sql.replace("'two');", "'two') ON CONFLICT DO NOTHING;")
}

#[test]
fn a_downgrade_that_forgets_nothing_passes() {
    let text = project(None).ok(&["test"]);
    assert!(text.contains(" 0 failed"), "{text}");
}

#[test]
fn each_planted_fault_is_found_and_nothing_else() {
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || (0..PARTS.len()).filter(|at| at % 2 == half).for_each(is_found));
        }
    });
}

fn is_found(at: usize) {
    let project = project(Some(at));
    let (json, code) = project.json(&["test"]);
    let name = PARTS[at].0;
    assert_eq!((code, json["failed"].as_u64()), (3, Some(1)), "{name}: {json}");
    let revisions = json["revisions"].as_array().unwrap();
    let failed: Vec<_> =
        revisions.iter().filter(|it| it["verdict"] != "passed" && it["verdict"] != "irreversible").collect();
    assert_eq!((failed.len(), failed[0]["id"].as_str()), (1, Some("0102")), "{name}: {json}");
    // the second upgrade ends where the first did
    let faults = failed[0]["faults"].as_array().unwrap();
    assert_eq!((faults.len(), faults[0]["after"].as_str()), (1, Some("downgrade")), "{name}: {json}");
    let (changes, rows) = (faults[0]["changes"].as_array().unwrap(), faults[0]["rows"].as_array().unwrap());
    if name == "rows" {
        assert_eq!(
            (changes.len(), rows.len(), rows[0]["table"].as_str()),
            (0, 1, Some("public.thing")),
            "{json}"
        );
        return;
    }
    assert_eq!((changes.len(), rows.len()), (1, 0), "{name}: {changes:?} {rows:?}");
    assert!(changes[0].to_string().contains(name), "{name}: {}", changes[0]);
}
