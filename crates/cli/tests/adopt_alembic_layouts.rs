//! Alembic projects of other shapes: `pyproject.toml`, several folders of versions, each as `alembic init` makes it. Needs a
//! Python with Alembic 1.16 and psycopg2: `CUTOVER_TEST_PYTHON`.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::process::Command;

use cutover_testkit::Project;
use cutover_testkit::snapshot::psql;
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// What every `env.py` does.
const ENV: &str = "from alembic import context
from sqlalchemy import engine_from_config, pool

engine = engine_from_config(context.config.get_section(context.config.config_ini_section, {}), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
";

/// The Python, or a word on how to get one.
fn python() -> Option<String> {
    cutover_testkit::python(
        "import alembic.config, psycopg2; alembic.config.Config.get_alembic_option",
        "alembic 1.16 and psycopg2",
    )
}

/// A folder without a configuration of Cutover's.
fn project() -> Project {
    let project = Project::new(CUTOVER, None);
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    project
}

/// A revision that makes a table of its own name; `more` are further lines of its head.
fn revision(project: &Project, folder: &str, id: &str, parent: &str, more: &str) {
    let text = format!(
        "from alembic import op\nrevision = '{id}'\ndown_revision = {parent}\n{more}\n\n\ndef upgrade():\n    op.execute('CREATE TABLE {id} ()')\n\n\n\
         def downgrade():\n    op.execute('DROP TABLE {id}')\n"
    );
    project.write(&format!("{folder}/{id}.py"), &text);
}

fn replays(data: &Value) -> Vec<String> {
    let all = data["revisions"].as_array().unwrap_or_else(|| panic!("{data:#}"));
    all.iter()
        .map(|it| format!("{} {}", it["id"].as_str().unwrap(), it["replay"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_folders_stand_in_pyproject_toml_with_alembic_ini_and_without() {
    let Some(python) = python() else { return };
    let project = project();
    let toml = "[tool.alembic]\nscript_location = \"%(here)s/db\"\nversion_locations = [\"%(here)s/db/versions\", \"%(here)s/more versions\"]\n\
                recursive_version_locations = true\n";
    project.write("old/pyproject.toml", toml);
    project.write("old/db/env.py", ENV);
    // no one else's types
    project.write("old/types.py", "raise RuntimeError\n");
    revision(&project, "old/db/versions", "a1", "None", "branch_labels = 'left'");
    revision(&project, "old/db/versions/2025", "a2", "'a1'", "");
    revision(&project, "old/more versions", "b1", "None", "depends_on = 'left'");
    revision(&project, "old/more versions", "b2", "'b1'", "depends_on = 'a2'");
    let args = ["adopt", "alembic", "old", "--python", &python, "--dry-run"];
    let (data, code) = project.json(&args);
    assert_eq!(code, 0, "{data:#}");
    let mut all = replays(&data);
    all.sort();
    assert_eq!(all, ["a1 equal", "a2 equal", "b1 equal", "b2 equal"]);
    project.write("old/alembic.ini", "[alembic]\nsqlalchemy.url = postgresql://nobody@db.invalid/x\n");
    let (data, code) = project.json(&args);
    assert_eq!((code, replays(&data).len()), (0, 4), "{data:#}");
}

#[test]
fn a_folder_is_read_from_where_alembic_is_called() {
    let Some(python) = python() else { return };
    let project = project();
    // alembic -c backend/alembic.ini
    project.write("backend/alembic.ini", "[alembic]\nscript_location = backend/db\nprepend_sys_path = .\n");
    project.write("backend/db/env.py", &format!("import backend.settings\n{ENV}"));
    project.write("backend/settings.py", "");
    revision(&project, "backend/db/versions", "a1", "None", "");
    let (data, code) = project.json(&["adopt", "alembic", "backend", "--python", &python, "--dry-run"]);
    assert_eq!((code, replays(&data)), (0, vec!["a1 equal".to_owned()]), "{data:#}");
}

#[test]
fn a_file_in_any_of_the_folders_makes_another_recording() {
    let Some(python) = python() else { return };
    let project = project();
    let toml = "[tool.alembic]\nscript_location = \"db\"\nversion_locations = [\"db/versions\", \"more versions\"]\n";
    project.write("old/pyproject.toml", toml);
    project.write("old/db/env.py", ENV);
    revision(&project, "old/db/versions", "a1", "None", "");
    revision(&project, "old/more versions", "b1", "None", "");
    project.write(
        "cutover.toml",
        &format!("migrations = {{ alembic = \"old/pyproject.toml\", python = {python:?} }}\n"),
    );
    let recorded = |done: &cutover_testkit::Finished| done.err.contains("recording Alembic's revisions");
    assert!(recorded(&project.run(&["heads"])));
    assert!(!recorded(&project.run(&["heads"])));
    revision(&project, "old/more versions", "b2", "'b1'", "");
    let done = project.run(&["heads"]);
    assert!(recorded(&done) && done.out.contains("b2"), "{}{}", done.out, done.err);
}

/// As `alembic init -t multidb` has it: all at once, committed in two phases.
const SEVERAL: &str = "from alembic import context
from sqlalchemy import create_engine, pool

open_ones = {}
for name in NAMES:
    connection = create_engine(f'postgresql://nobody@db.invalid/{name}', poolclass=pool.NullPool).connect()
    open_ones[name] = connection, connection.begin_twophase()
for name, (connection, _) in open_ones.items():
    context.configure(connection=connection)
    context.run_migrations(engine_name=name)
for _, transaction in open_ones.values():
    transaction.prepare()
for connection, transaction in open_ones.values():
    transaction.commit()
    connection.close()
";

#[test]
fn of_several_databases_in_one_env_py_one_is_chosen() {
    let Some(python) = python() else { return };
    let project = project();
    project.write("old/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write("old/env.py", &format!("NAMES = ['one', 'two']\n{SEVERAL}"));
    let text = "from alembic import op\nrevision = 'a1'\ndown_revision = None\n\n\ndef upgrade(engine_name):\n    op.execute(f'CREATE TABLE of_{engine_name} ()')\n\n\n\
                def downgrade(engine_name):\n    op.execute(f'DROP TABLE of_{engine_name}')\n";
    project.write("old/versions/a1.py", text);
    let args = ["adopt", "alembic", "old", "--python", &python];
    let refused = project.fails(&args, 2);
    assert!(refused.contains("each with a history of its own: one, two"), "{refused}");
    assert!(refused.contains("--engine two --into"), "{refused}");
    let refused = project.fails(&[&args[..], &["--engine", "three"]].concat(), 2);
    assert!(refused.contains("none of them is \"three\""), "{refused}");
    let (data, code) = project.json(&[&args[..], &["--engine", "two"]].concat());
    assert_eq!((code, replays(&data)), (0, vec!["a1 equal".to_owned()]), "{data:#}");
    let file = std::fs::read_to_string(project.folder().join("migrations/a1.sql")).unwrap();
    assert!(
        file.contains("--@ upgrade\nCREATE TABLE of_two ();\n\n--@ downgrade\nDROP TABLE of_two;\n"),
        "{file}"
    );
    // one that has a name and no other beside it needs no choice
    project.write("old/env.py", &format!("NAMES = ['one']\n{SEVERAL}"));
    let (data, code) = project.json(&[&args[..], &["--dry-run"]].concat());
    assert_eq!((code, replays(&data)), (0, vec!["a1 equal".to_owned()]), "{data:#}");
    project.write(
        "cutover.toml",
        &format!("migrations = {{ alembic = \"old\", python = {python:?}, engine = \"one\", variables = [\"A=1\"] }}\n"),
    );
    assert!(project.ok(&["show", "a1"]).contains("of_one"));
}

#[test]
fn values_of_every_kind_come_through_with_every_driver() {
    let Some(python) = python() else { return };
    let from = cutover_testkit::repository().join("fixtures/adopt/drivers");
    for (driver, more) in [
        ("psycopg2", "a=b"),
        ("psycopg", "a=b"),
        ("asyncpg", "schema=odd one"),
        ("psycopg", "schema=odd one"),
        ("pg8000", "a=b"),
    ] {
        let has = Command::new(&python).args(["-c", &format!("import {driver}")]).output();
        if !has.is_ok_and(|it| it.status.success()) {
            cutover_testkit::note(&format!("left out: CUTOVER_TEST_PYTHON has no {driver}"));
            continue;
        }
        let project = project();
        for name in ["alembic.ini", "env.py", "versions/a1.py"] {
            project.write(&format!("old/{name}"), &std::fs::read_to_string(from.join(name)).unwrap());
        }
        let argument = format!("driver={driver}");
        let (data, code) =
            project.json(&["adopt", "alembic", "old", "--python", &python, "-x", &argument, "-x", more]);
        assert_eq!((code, replays(&data)), (0, vec!["a1 equal".to_owned()]), "{driver}: {data:#}");
        let folder = project.folder().join("migrations");
        let file =
            std::fs::read_dir(&folder).unwrap().flatten().find(|it| it.path().extension().unwrap() == "sql");
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(text.contains("\n400\tcopied\n401\t\\N\n\\.\n"), "{driver}: {text}");
        assert!(!text.contains("::bigint::") && !text.contains("(500)"), "{driver}: {text}");
    }
}

const DECIDES: &str = "import sqlalchemy as sa
from alembic import op

revision = 'a2'
down_revision = 'a1'


def upgrade():
    for row in op.get_bind().execute(sa.text('SELECT id FROM kinds WHERE id > 100 ORDER BY id LIMIT 2')).fetchall():
        op.create_table(f'kind_{row[0]}', sa.Column('id', sa.Integer))


def downgrade():
    # an application would connect by itself
    import psycopg2
    with psycopg2.connect('postgresql://nobody@db.invalid/x') as other:
        other.cursor().execute('SELECT 1')
    for row in op.get_bind().execute(sa.text(\"SELECT tablename FROM pg_tables WHERE tablename LIKE 'kind\\\\_%'\")).fetchall():
        op.drop_table(row[0])
";

#[test]
fn a_revision_that_decides_by_rows_goes_on_deciding() {
    let Some(python) = python() else { return };
    let database = cutover_testkit::database();
    let url = database.url();
    let ask = |sql: &str| psql(cutover_testkit::server(), &url, sql).trim().to_owned();
    let tables =
        || ask("SELECT string_agg(tablename, ' ' ORDER BY 1) FROM pg_tables WHERE tablename LIKE 'kind\\_%'");
    let project = Project::new(CUTOVER, Some(&url));
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    let from = cutover_testkit::repository().join("fixtures/adopt/drivers");
    for name in ["alembic.ini", "env.py", "versions/a1.py"] {
        project.write(&format!("old/{name}"), &std::fs::read_to_string(from.join(name)).unwrap());
    }
    project.write("old/versions/a2.py", DECIDES);
    let args = ["adopt", "alembic", "old", "--python", &python, "-x", "driver=psycopg2", "--run"];
    assert!(project.fails(&[&args[..], &["a3"]].concat(), 2).contains("has no revision a3"));
    let (data, code) = project.json(&[&args[..], &["a2"]].concat());
    assert_eq!((code, replays(&data)), (0, vec!["a1 equal".to_owned(), "a2 equal".to_owned()]), "{data:#}");
    assert_eq!(data["revisions"][1]["run"], true);
    let text = std::fs::read_to_string(project.migrations().join("a2.sql")).unwrap();
    assert!(
        text.ends_with(
            "--@ upgrade\n--@ run ${CUTOVER_PYTHON:-python3} alembic_run.py a2.py upgrade\n\n\
         --@ downgrade\n--@ run ${CUTOVER_PYTHON:-python3} alembic_run.py a2.py downgrade\n"
        ),
        "{text}"
    );
    project.ok(&["upgrade", "a1"]);
    ask("DELETE FROM kinds WHERE id < 240");
    let done = project.command(&["upgrade"]).env("CUTOVER_PYTHON", &python).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(tables(), "kind_240 kind_241");
    // here nobody leads the other connection away
    let done = project.command(&["downgrade", "a1"]).env("CUTOVER_PYTHON", &python).output().unwrap();
    assert!(!done.status.success());
    assert_eq!(tables(), "kind_240 kind_241");
}

#[test]
fn what_a_database_has_before_the_first_revision_becomes_a_part_of_it() {
    let Some(python) = python() else { return };
    let project = project();
    project.write("old/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write(
        "old/env.py",
        &ENV.replace(
            "    context.configure",
            "    connection.exec_driver_sql('SET search_path TO shop')\n    connection.commit()\n    context.configure",
        ),
    );
    revision(&project, "old/versions", "a1", "None", "");
    let text = "from alembic import op\nrevision = 'a2'\ndown_revision = 'a1'\n\n\ndef upgrade():\n    op.execute('ALTER TABLE item OWNER TO \"the owner\"')\n\n\n\
                def downgrade():\n    op.execute('ALTER TABLE item OWNER TO postgres')\n";
    project.write("old/versions/a2.py", text);
    let args = ["adopt", "alembic", "old", "--python", &python];
    let refused = project.run(&args);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("error[no-beginning] history: 2 revisions need"), "{}", refused.out);
    let first = "CREATE ROLE \"the owner\";\nCREATE SCHEMA shop;\nCREATE TABLE shop.item (id int);\nINSERT INTO shop.item VALUES (1);\n";
    project.write("before.sql", first);
    let (data, code) = project.json(&[&args[..], &["--prepare", "before.sql"]].concat());
    assert_eq!((code, replays(&data)), (0, vec!["a1 equal".to_owned(), "a2 equal".to_owned()]), "{data:#}");
    let text = std::fs::read_to_string(project.migrations().join("a1.sql")).unwrap();
    assert!(
        text.contains("INSERT INTO shop.item VALUES (1);") && text.contains("CREATE TABLE a1 ();"),
        "{text}"
    );
    project.ok(&["upgrade"]);
    // Alembic's table is where the search path of its session says
    revision(&project, "old/versions", "a3", "'a2'", "");
    let skipped = ["--prepare", "before.sql", "--skip", "a2", "--dry-run"];
    let (data, code) = project.json(&[&args[..], &skipped].concat());
    assert_eq!(code, 0, "{data:#}");
    assert!(!data.to_string().contains("version-lost"), "{data:#}");
}
