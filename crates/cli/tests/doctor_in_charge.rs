//! `cutover doctor` where cutover.toml leaves Alembic in charge: its revisions are recorded, replayed, and what is found is said of
//! the Python files. Needs a Python with Alembic and psycopg2: `CUTOVER_TEST_PYTHON`.

use cutover_testkit::Project;
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

const ENV: &str = "import os
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ['DATABASE_URL']).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
";

/// A project with five revisions, and the Python for it.
fn project() -> Option<Project> {
    let python = std::env::var("CUTOVER_TEST_PYTHON").ok().filter(|it| !it.is_empty());
    let Some(python) = python else {
        cutover_testkit::note("left out: CUTOVER_TEST_PYTHON names no Python with alembic and psycopg2");
        return None;
    };
    let project = Project::new(CUTOVER, None);
    project.write(
        "cutover.toml",
        &format!("migrations = {{ alembic = \"old/alembic.ini\", python = {python:?} }}\n"),
    );
    project.write("old/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write("old/env.py", ENV);
    let table = "op.create_table('t', sa.Column('id', sa.Integer()))";
    revision(&project, "0001", "None", table, "op.drop_table('t')");
    revision(&project, "0002", "'0001'", "pass", "pass");
    let left = "op.drop_column('t', 'b'); op.add_column('t', sa.Column('left', sa.Text()))";
    revision(&project, "0003", "'0002'", "op.add_column('t', sa.Column('b', sa.Text()))", left);
    let hides = "op.execute('CREATE TABLE IF NOT EXISTS t (id int, other text)')";
    revision(&project, "0004", "'0003'", hides, "op.execute('SELECT 1')");
    let add = "op.add_column('t', sa.Column('c', sa.Text()))";
    revision(&project, "0005", "'0004'", add, "op.drop_column('t', 'nope')");
    Some(project)
}

fn revision(project: &Project, id: &str, down: &str, upgrade: &str, downgrade: &str) {
    let text = format!(
        "\"\"\"what {id} does\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\n\
         down_revision = {down}\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n"
    );
    project.write(&format!("old/versions/{id}_x.py"), &text);
}

/// Each as `id about path: text`, and the whole of it.
fn found(project: &Project, args: &[&str]) -> (Vec<String>, Value) {
    let (data, _) = project.json(&[&["doctor"], args].concat());
    let all = data["conclusions"].as_array().unwrap_or_else(|| panic!("{data:#}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |it: &Value| {
        let (id, about, said) = (text(&it["id"]), text(&it["about"]), text(&it["text"]));
        format!("{id} {about} {}: {said}", text(&it["place"]["path"]))
    };
    (all.iter().map(line).filter(|it| !it.starts_with("no-models")).collect(), data)
}

fn has(found: &[String], begins: &str) {
    assert!(found.iter().any(|it| it.starts_with(begins)), "{begins} in {found:#?}");
}

#[test]
fn what_a_replay_tells_is_said_of_the_python_files_and_once() {
    let Some(project) = project() else { return };
    let (all, data) = found(&project, &[]);
    has(&all, "if-not-exists-hides 0004 versions/0004_x.py: IF NOT EXISTS hides another table: t");
    has(&all, "disabled 0002 versions/0002_x.py: its upgrade is pass");
    has(&all, "downgrade-does-not-restore 0003 versions/0003_x.py");
    has(&all, "empty-downgrade 0004 versions/0004_x.py: its downgrade did nothing in Alembic");
    has(&all, "downgrade-fails 0005 versions/0005_x.py: its downgrade fails in Alembic");
    assert_eq!(all.len(), 5, "{all:#?}");
    let text = data.to_string();
    assert!(text.contains("made by 0001 (versions/0001_x.py)") && !text.contains("/alembic/"), "{data:#}");
}

#[test]
fn a_history_that_alembic_cannot_run_is_examined_all_the_same() {
    let Some(project) = project() else { return };
    let missing = "op.add_column('widgets', sa.Column('c', sa.Text()))";
    revision(&project, "0006", "'0005'", missing, "op.drop_column('widgets', 'c')");
    let database = cutover_testkit::database();
    let table = "CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('gone'), ('0003'), ('0001')";
    cutover_testkit::snapshot::psql(cutover_testkit::server(), &database.url(), table);
    let (all, data) = found(&project, &["--against", &database.url()]);
    has(&all, "chain-fails 0006 versions/0006_x.py: its upgrade fails on a database");
    has(&all, "downgrade-does-not-restore 0003");
    has(&all, "downgrade-fails 0005");
    has(&all, "applied-without-file gone");
    has(&all, "overlapping-versions 0003 versions/0003_x.py");
    assert!(data["not_looked_at"].to_string().contains("a history that Alembic can run"), "{data:#}");
    // without a server, and without a Python that has Alembic, the files are still read
    let (fast, _) = found(&project, &["--fast"]);
    has(&fast, "disabled 0002");
    project.write(
        "cutover.toml",
        "migrations = { alembic = \"old/alembic.ini\", python = \"/nowhere/python\" }\n",
    );
    let (none, data) = found(&project, &[]);
    has(&none, "disabled 0002");
    assert!(data["not_looked_at"].to_string().contains("the replay: "), "{data:#}");
}
