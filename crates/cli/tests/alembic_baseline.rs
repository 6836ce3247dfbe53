//! `examples/alembic-baseline`, as its README tells it: what is wrong with the old history, production as a baseline, one safe
//! revision for what the models are to be, and history, models and production that agree.
//!
//! The walk needs a Python with SQLAlchemy, `CUTOVER_TEST_PYTHON`; with Alembic and a driver in it, Alembic is the witness of
//! what is said about the history.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::path::Path;
use std::process::Command;

use cutover_testkit::{Project, database, note, psql, server};
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A copy of the example; `models` and the URL of production are filled in.
fn example(python: &str, production: &str) -> Project {
    let project = Project::new(CUTOVER, None);
    let from = cutover_testkit::repository().join("examples/alembic-baseline");
    copy(&from, project.folder());
    let text = std::fs::read_to_string(from.join("cutover.toml")).unwrap();
    let models = format!("\"app.models:Base.metadata\", python = \"{python}\"");
    let text = text.replace("\"app.models:Base.metadata\"", &models).replace("${PRODUCTION_URL}", production);
    project.write("cutover.toml", &text);
    project
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Loads `production.sql` into a database.
fn load(project: &Project, url: &str) {
    let text = std::fs::read_to_string(project.folder().join("production.sql")).unwrap();
    psql(server(), url, &text);
}

fn python() -> Option<String> {
    let python = std::env::var("CUTOVER_TEST_PYTHON").ok().filter(|it| !it.is_empty());
    if python.is_none() {
        note("left out: CUTOVER_TEST_PYTHON names no Python with SQLAlchemy");
    }
    python
}

#[test]
fn the_doctor_names_what_is_wrong_with_the_history() {
    let project = example("python3", "postgresql://nobody@localhost:1/none");
    let (data, code) = project.json(&["doctor", "--fast"]);
    assert_eq!(code, 3);
    let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
    let found: Vec<String> = data["conclusions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}", text(it, "weight"), text(it, "id"), text(it, "about")))
        .collect();
    assert_eq!(
        found,
        [
            "error long-id 0018_feature_flags_with_a_percentage_of_accounts",
            "error concurrently-in-transaction 093b4d8fa1c0",
            "error made-twice 81b3c5072949",
            "warning disabled 1a4c5e90b2d2",
            "warning disabled 6f91a3e50727",
            "warning disabled c5f7094b6d8c",
        ]
    );
    let versions = project.folder().join("alembic/versions");
    assert_eq!(std::fs::read_dir(versions).unwrap().count(), 30);
}

#[test]
fn what_the_doctor_says_is_what_alembic_meets() {
    let Some(python) = python() else { return };
    let has_alembic = Command::new(&python).args(["-c", "import alembic, psycopg2"]).output().unwrap();
    if !has_alembic.status.success() {
        return note("left out: CUTOVER_TEST_PYTHON has no Alembic with psycopg2");
    }
    let database = database();
    let project = example(&python, &database.url());
    let upgrade = || {
        let mut command = Command::new(&python);
        command.args(["-m", "alembic", "upgrade", "head"]).current_dir(project.folder());
        let output = command.env("DATABASE_URL", database.url()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let mend = |file: &str, old: &str, new: &str| {
        let path = format!("alembic/versions/{file}");
        let text = std::fs::read_to_string(project.folder().join(&path)).unwrap();
        assert!(text.contains(old), "{path}");
        project.write(&path, &text.replace(old, new));
    };
    let fails = |with: &str| {
        let (is_well, said) = upgrade();
        assert!(!is_well && said.contains(with), "{said}");
    };
    fails("CREATE INDEX CONCURRENTLY cannot run inside a transaction block");
    mend("093b4d8fa1c0_index_of_open_tasks.py", ", postgresql_concurrently=True", "");
    fails("value too long for type character varying(32)");
    psql(server(), &database.url(), "ALTER TABLE alembic_version ALTER version_num TYPE varchar(255)");
    fails("column \"last_seen_at\" of relation \"account\" already exists");
    mend(
        "81b3c5072949_when_an_account_was_last_seen_again.py",
        "    op.add_column(",
        "    return\n    op.add_column(",
    );
    assert_eq!(upgrade(), (true, String::new()));
    // and production still is another one
    let production = cutover_testkit::database();
    load(&project, &production.url());
    let differences = project.run(&["diff", &database.url(), &production.url()]).out;
    assert!(
        differences.contains("ix_comment_task_id") && differences.contains("ix_task_project_id_is_done"),
        "{differences}"
    );
}

#[test]
fn the_walk_ends_with_history_models_and_production_equal() {
    let Some(python) = python() else { return };
    let production = database();
    let project = example(&python, &production.url());
    load(&project, &production.url());
    let rows = "SELECT count(*), sum(hashtextextended(to_jsonb(t)::text, 0)) FROM task t";
    let before = psql(server(), &production.url(), "SELECT count(*) FROM task");

    project.ok(&["baseline", "--against", "production", "--stamp"]);
    assert_eq!(project.ok(&["check", "--env", "production"]), "history, models and database agree\n");

    let wanted = std::fs::read_to_string(project.folder().join("wanted_models.py")).unwrap();
    project.write("app/models.py", &wanted);
    let differs = project.run(&["check", "--env", "production"]);
    assert_eq!(differs.code, 3, "{}", differs.out);
    assert!(project.fails(&["new", "x", "--autogenerate"], 2).contains("--allow-destructive"));
    project.ok(&["new", "What the models want", "--autogenerate", "--allow-destructive"]);
    assert!(project.ok(&["test"]).contains("2 revisions tested, 0 failed"));
    nobody_waits_for_a_scan(&project);

    project.ok(&["upgrade", "--env", "production"]);
    assert_eq!(project.ok(&["check", "--env", "production"]), "history, models and database agree\n");
    let ask = |sql: &str| psql(server(), &production.url(), sql);
    assert_eq!(ask("SELECT count(*) FROM task"), before);
    assert!(!ask(rows).is_empty());
    assert_eq!(
        ask("SELECT count(*) FROM information_schema.columns WHERE column_name LIKE 'placeholder%'"),
        "0"
    );
    assert_eq!(ask("SELECT conname FROM pg_constraint WHERE NOT convalidated"), "");
    assert_eq!(
        ask(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('c', 'u') AND conname ~ '^(ck|uq_account)' ORDER BY 1"
        ),
        "ck_invoice_amount|CHECK ((amount >= (0)::numeric))\n\
         ck_task_priority|CHECK (((priority >= 1) AND (priority <= 5)))\n\
         uq_account_organization_id_email|UNIQUE (organization_id, email)"
    );
    // one revision again: production notices nothing
    project.ok(&["squash", "base:0002", "-m", "Production as it is"]);
    let agree = "history, models and database agree\n";
    assert_eq!(project.ok(&["check", "--env", "production"]), agree);
    assert!(project.ok(&["upgrade", "--env", "production"]).contains("0002_squash counts as applied"));
    assert_eq!(project.ok(&["check", "--env", "production"]), agree);
    assert_eq!(ask("SELECT count(*) FROM task"), before);

    // a new database comes to the same
    let new = database();
    project.ok(&["upgrade", "--url", &new.url()]);
    assert_eq!(project.ok(&["check", "--url", &new.url()]), "history, models and database agree\n");
}

/// No statement reads a table through while it holds a lock that reads or writes wait for.
fn nobody_waits_for_a_scan(project: &Project) {
    let (data, _) = project.json(&["explain", "0002", "--against", "production"]);
    let steps = data["revisions"][0]["steps"].as_array().unwrap_or_else(|| panic!("{data:#}"));
    let statements: Vec<&Value> = steps.iter().flat_map(|it| it["statements"].as_array().unwrap()).collect();
    let mut scans = 0;
    for statement in statements {
        let is_scan = !statement["scans"].as_array().unwrap().is_empty()
            || !statement["rewrites"].as_array().unwrap().is_empty();
        if is_scan {
            scans += 1;
            for lock in statement["locks"].as_array().unwrap() {
                assert!(lock["mode"] != "ACCESS EXCLUSIVE" && lock["mode"] != "SHARE", "{statement:#}");
            }
        }
    }
    // three indexes and two checks
    assert_eq!(scans, 5, "{data:#}");
}
