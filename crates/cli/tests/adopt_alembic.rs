//! A real Alembic project, taken over: `fixtures/adopt/alembic`, with each of the usual drivers. Needs a Python with
//! Alembic, psycopg2, psycopg and asyncpg: `CUTOVER_TEST_PYTHON`.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cutover_testkit::Project;
use cutover_testkit::snapshot::psql;
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");
const LONG: &str = "a_revision_of_the_other_side__with_a_name_that_says_much";

/// The Python, or a word on how to get one.
fn python() -> Option<String> {
    cutover_testkit::python(
        "import alembic, asyncpg, psycopg, psycopg2",
        "alembic, psycopg2, psycopg and asyncpg",
    )
}

/// A copy of the fixture in `old/`, without a configuration of Cutover's.
fn project(url: Option<&str>) -> Project {
    let project = Project::new(CUTOVER, url);
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    let from = cutover_testkit::repository().join("fixtures/adopt/alembic");
    for folder in ["", "versions"] {
        for entry in std::fs::read_dir(from.join(folder)).unwrap().flatten() {
            if entry.path().is_file() {
                let name = Path::new("old").join(folder).join(entry.file_name());
                project.write(name.to_str().unwrap(), &std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    project
}

/// The ids of the conclusions, by revision.
fn conclusions(data: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in data["conclusions"].as_array().unwrap() {
        let (about, id) = (one["about"].as_str().unwrap(), one["id"].as_str().unwrap());
        found.entry(about.to_owned()).or_default().push(id.to_owned());
    }
    found.values_mut().for_each(|ids| ids.sort());
    found
}

fn replays(data: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    data["revisions"].as_array().unwrap().iter().map(|it| (text(&it["id"]), text(&it["replay"]))).collect()
}

fn file(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.folder().join("migrations").join(name)).unwrap()
}

#[test]
fn every_revision_is_carried_over_with_every_driver() {
    let Some(python) = python() else { return };
    for driver in ["psycopg2", "psycopg", "asyncpg"] {
        let project = project(None);
        let driver_argument = format!("driver={driver}");
        let args = ["adopt", "alembic", "old", "--python", &python, "-x", &driver_argument];
        let (data, code) = project.json(&args);
        assert_eq!(code, 0, "{driver}: {data:#}");
        let all = replays(&data);
        assert_eq!(all.len(), 9, "{driver}");
        assert!(all.iter().all(|(_, replay)| replay == "equal"), "{driver}: {all:?}");
        let found = conclusions(&data);
        assert_eq!(found["4d0000000004"], ["reads-rows"], "{driver}");
        assert_eq!(found["7a0000000007"], ["irreversible", "rolled-back", "version-lost"], "{driver}");
        assert!(found["8b0000000008"].contains(&"reads-file".to_owned()), "{driver}");
        assert_eq!(found["3c0000000003"], ["does-not-restore"], "{driver}");
        assert!(
            !found.contains_key("1a0000000001") && !found.contains_key("9c0000000009"),
            "{driver}: {found:?}"
        );
        let names: Vec<&String> = found.keys().filter(|it| it.starts_with("a_revision")).collect();
        assert_eq!(found[names[0]], ["id-changed", "irreversible", "long-id"], "{driver}");
        // what was written runs by itself, and its ways back are those that Alembic has
        assert_eq!(project.run(&["upgrade"]).code, 0, "{driver}");
        let (rows, _) = project.json(&["history"]);
        assert_eq!(rows["revisions"].as_array().unwrap().len(), 9, "{driver}");
    }
}

#[test]
fn the_text_is_what_a_person_would_have_written() {
    let Some(python) = python() else { return };
    let project = project(None);
    project.ok(&["adopt", "alembic", "old/versions", "--python", &python, "--report", "report.md"]);
    assert_eq!(
        file(&project, "1a0000000001_first_tables.sql"),
        "--@ revision 1a0000000001\n--@ revises base\n--@ branch shop\n--@ created 2024-01-01 10:00:00.123456\n\n\
         -- First tables\n--\n-- Why: somebody has to buy something.\n--\n-- From versions/1a0000000001_first_tables.py.\n\n\
         --@ upgrade\nCREATE TYPE status AS ENUM ('new', 'old');\n\n\
         CREATE TABLE customer (\n    id SERIAL NOT NULL,\n    name VARCHAR(80) NOT NULL,\n    status status,\n    \
         joined TIMESTAMP WITH TIME ZONE,\n    balance NUMERIC(10, 2),\n    extra JSON,\n    PRIMARY KEY (id)\n);\n\n\
         CREATE INDEX ix_customer_name ON customer (name);\n\n\
         --@ downgrade\nDROP TABLE customer;\nDROP TYPE status;\n"
    );
    let index = file(&project, "3c0000000003_an_index_built_concurrently.sql");
    let blocks: Vec<&str> = index.split("--@ upgrade\n").nth(1).unwrap().split("--@ sql\n").collect();
    assert_eq!(blocks.len(), 4);
    assert_eq!(blocks[1].trim(), "CREATE INDEX CONCURRENTLY ix_status ON customer (status);");
    let merge = file(&project, "6f0000000006_both_sides.sql");
    assert!(merge.contains(&format!("--@ revises 4d0000000004, {LONG}\n")), "{merge}");
    let copy = file(&project, "8b0000000008_rows_by_copy_and_by_another_connection.sql");
    assert!(copy.contains("CREATE TABLE beside (id int);\n\n--@ sql\nCOPY kept (id, word) FROM STDIN WITH CSV;\n1,one\n2,\n3,a\\b\n\\.\n"), "{copy}");
    assert!(copy.contains("'five'") && !copy.contains("(6)"), "{copy}");
    let views = file(&project, "9c0000000009_a_view_a_function_a_trigger.sql");
    assert!(
        views.contains("--@ depends 1a0000000001\n")
            && views.contains("setval")
            && !views.contains("pg_class"),
        "{views}"
    );
    assert!(project.migrations().join("4d0000000004_upper_case_row_by_row.py").exists());
    assert!(!project.migrations().join("1a0000000001_first_tables.py").exists());
    let report = std::fs::read_to_string(project.folder().join("report.md")).unwrap();
    assert!(report.contains("9 of 9 revisions lead to the schema"), "{report}");
    let again = project.fails(&["adopt", "alembic", "old", "--python", &python], 2);
    assert!(again.contains("has SQL files already"), "{again}");
}

/// Alembic itself, on a database.
fn alembic(project: &Project, python: &str, url: &str, words: &[&str]) {
    let ini = format!(
        "[alembic]\nscript_location = {}\nsqlalchemy.url = {}\n",
        project.folder().join("old").display(),
        url.replace("postgresql://", "postgresql+psycopg2://").replace('%', "%%")
    );
    project.write("live.ini", &ini);
    let output = Command::new(python)
        .args(["-m", "alembic", "-c", "live.ini"])
        .args(words)
        .current_dir(project.folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_database_that_alembic_brought_somewhere_is_recognised_and_stamped() {
    let Some(python) = python() else { return };
    let database = cutover_testkit::database();
    let url = database.url();
    let ask = |sql: &str| psql(cutover_testkit::server(), &url, sql).trim().to_owned();
    ask("CREATE TABLE alembic_version (version_num varchar(99) PRIMARY KEY)");
    let project = project(Some(&url));
    alembic(&project, &python, &url, &["upgrade", "6f0000000006"]);
    let (data, code) = project.json(&["adopt", "alembic", "old", "--python", &python, "--against", &url]);
    assert_eq!((code, data["database"]["is_equal"].as_bool()), (0, Some(true)), "{data:#}");
    assert_eq!(data["database"]["heads"], serde_json::json!(["6f0000000006"]));
    let ledgers = "SELECT count(*) FROM pg_namespace WHERE nspname = 'cutover'";
    assert_eq!(ask(ledgers), "0", "adopt wrote to the database");
    std::fs::remove_dir_all(project.migrations()).unwrap();
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    ask("ALTER TABLE customer ADD by_hand int");
    let args = ["adopt", "alembic", "old", "--python", &python, "--against", &url, "--stamp"];
    let (data, code) = project.json(&args);
    assert_eq!(code, 3, "{data:#}");
    assert_eq!(conclusions(&data)["database"], ["live-differs"]);
    assert_eq!(data["stamped"].as_array().unwrap().len(), 6);
    project.ok(&["upgrade"]);
    assert_eq!(ask("SELECT count(*) FROM kept"), "5");
}

#[test]
fn what_differs_is_named_and_what_fails_is_not_written() {
    let Some(python) = python() else { return };
    let project = project(None);
    let revision = |id: &str, parent: &str, body: &str| {
        let text = format!(
            "\"\"\"{id}\"\"\"\nfrom alembic import op\nrevision = \"{id}\"\ndown_revision = \"{parent}\"\n\n\ndef upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
        );
        project.write(&format!("old/versions/{id}.py"), &text);
    };
    let random = "op.execute(\"CREATE TABLE chance AS SELECT gen_random_uuid() AS it\")";
    revision("b1", "9c0000000009", random);
    revision("b2", "b1", "op.execute(\"ALTER TABLE customer ADD COLUMN name text\")");
    revision("b3", "b2", "op.execute(\"CREATE TABLE last ()\")");
    let args = ["adopt", "alembic", "old", "--python", &python];
    let (data, code) = project.json(&args);
    assert_eq!(code, 1, "{data:#}");
    let found = conclusions(&data);
    assert!(found["b1"].contains(&"replay-differs".to_owned()), "{found:?}");
    assert_eq!(found["b2"], ["upgrade-fails"]);
    assert!(
        !project.migrations().join("b3_b3.sql").exists() && !project.migrations().join("b3.sql").exists()
    );
    assert_eq!(std::fs::read_dir(project.migrations()).unwrap().count(), 0);
    let (data, code) = project.json(&[&args[..], &["--skip", "b2"]].concat());
    assert_eq!(code, 3, "{data:#}");
    assert_eq!(
        replays(&data)[9..],
        [("b1".into(), "differs".into()), ("b2".into(), "equal".into()), ("b3".into(), "equal".to_owned())]
    );
}

#[test]
fn what_follows_a_replay_that_fails_or_differs_is_proven_all_the_same() {
    let Some(python) = python() else { return };
    let project = project(None);
    let revision = |id: &str, parent: &str, up: &str, down: &str| {
        let text = format!(
            "from alembic import op\nrevision = \"{id}\"\ndown_revision = \"{parent}\"\n\n\ndef upgrade():\n    op.execute(\"\"\"{up}\"\"\")\n\n\n\
             def downgrade():\n    op.execute(\"\"\"{down}\"\"\")\n"
        );
        project.write(&format!("old/versions/{id}.py"), &text);
    };
    let chance = "CREATE UNLOGGED TABLE chance AS SELECT gen_random_uuid() AS it";
    revision("b1", "9c0000000009", chance, "DROP TABLE chance");
    // only the replay has a ledger in its database
    let fails = "CREATE ROLE b2_role; DO $$BEGIN IF to_regnamespace('cutover') IS NOT NULL THEN RAISE 'not here'; END IF; END$$; CREATE TABLE b2 (id int)";
    revision("b2", "b1", fails, "DROP TABLE b2; DROP ROLE b2_role");
    revision(
        "b3",
        "b2",
        "ALTER TABLE b2 OWNER TO b2_role; ALTER TABLE chance ADD more int",
        "ALTER TABLE b2 OWNER TO postgres; ALTER TABLE chance DROP more",
    );
    revision(
        "b4",
        "b3",
        "CREATE TABLE b4 AS SELECT it FROM chance",
        "DROP TABLE b4; INSERT INTO chance VALUES (gen_random_uuid())",
    );
    let (data, code) = project.json(&["adopt", "alembic", "old", "--python", &python]);
    assert_eq!(code, 3, "{data:#}");
    let is = |id: &str, word: &str| (id.to_owned(), word.to_owned());
    assert_eq!(
        replays(&data)[9..],
        [is("b1", "differs"), is("b2", "fails"), is("b3", "equal"), is("b4", "equal")],
        "{data:#}"
    );
    let found = conclusions(&data);
    assert_eq!((&found["b1"][..], found.get("b3")), (&["replay-differs".to_owned()][..], None));
    assert_eq!(found["b2"], ["replay-fails", "roles"]);
    // the way back of the last one differs by itself
    assert_eq!(found["b4"], ["does-not-restore", "replay-differs"]);
}

#[test]
fn a_revision_that_ends_the_sessions_of_others_is_carried_over_and_a_way_back_by_chance_is_told() {
    let Some(python) = python() else { return };
    let project = project(None);
    let ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let chance = "CREATE TABLE chance AS SELECT gen_random_uuid() AS it";
    for (id, parent, up, down) in [
        ("b1", "9c0000000009", ends, ends),
        ("b2", "b1", "CREATE TABLE b2 (id int)", "DROP TABLE b2"),
        // it changes the schema alone, and comes to something else each time
        ("b3", "b2", "DROP TABLE b2", chance),
        ("b4", "b3", "CREATE TABLE b4 (id serial)", "DROP TABLE b4"),
    ] {
        let text = format!(
            "from alembic import op\nrevision = \"{id}\"\ndown_revision = \"{parent}\"\n\n\ndef upgrade():\n    op.execute({up:?})\n\n\n\
             def downgrade():\n    op.execute({down:?})\n"
        );
        project.write(&format!("old/versions/{id}.py"), &text);
    }
    let (data, code) = project.json(&["adopt", "alembic", "old", "--python", &python]);
    assert_eq!(code, 3, "{data:#}");
    assert!(replays(&data)[9..].iter().all(|(_, replay)| replay == "equal"), "{data:#}");
    let found = conclusions(&data);
    assert!(!found.contains_key("b1") && !found.contains_key("b4"), "{found:?}");
    assert_eq!(found["b3"], ["does-not-restore", "replay-differs"]);
}

#[test]
fn whatever_the_project_connects_to_the_live_database_is_not_touched() {
    let Some(python) = python() else { return };
    let database = cutover_testkit::database();
    let url = database.url();
    let ways = [
        "engine = create_engine(LIVE.replace('postgresql:', 'postgresql+psycopg2:'))",
        "engine = create_engine(LIVE.replace('postgresql:', 'postgresql+psycopg:'), poolclass=pool.QueuePool)",
        "engine = create_engine('postgresql+psycopg2://', creator=lambda: psycopg2.connect(LIVE))",
        "engine = create_engine('postgresql+psycopg2://', creator=lambda: connect(LIVE, connect_timeout=3))",
        "engine = create_engine('postgresql+psycopg://', creator=lambda: psycopg.connect(LIVE))",
        "engine = create_engine('postgresql+psycopg2://', connect_args={'dsn': LIVE})",
        "engine = create_engine(os.environ['LIVE_DATABASE'])",
    ];
    for way in ways {
        let project = Project::new(CUTOVER, None);
        let env = format!(
            "import os\nimport psycopg\nimport psycopg2\nfrom psycopg2 import connect\nfrom alembic import context\n\
             from sqlalchemy import create_engine, pool\n\nLIVE = {url:?}\n{way}\n\
             with engine.connect() as connection:\n    context.configure(connection=connection)\n    \
             with context.begin_transaction():\n        context.run_migrations()\n"
        );
        project.write("old/alembic.ini", "[alembic]\nscript_location = .\n");
        project.write("old/env.py", &env);
        let revision = "from alembic import op\nrevision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n    op.execute('CREATE TABLE t ()')\n\n\n\
             def downgrade():\n    op.execute('DROP TABLE t')\n";
        project.write("old/versions/a.py", revision);
        let mut command =
            project.command(&["adopt", "alembic", "old", "--python", &python, "--format", "json"]);
        let output = command.env("LIVE_DATABASE", &url).output().unwrap();
        let data: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{way}: {data:#}");
        assert_eq!(replays(&data), [("a".to_owned(), "equal".to_owned())], "{way}");
        let tables = "SELECT count(*) FROM pg_class WHERE oid >= 16384";
        assert_eq!(
            psql(cutover_testkit::server(), &url, tables),
            "0",
            "{way}: the live database was touched"
        );
    }
}

#[test]
fn what_a_revision_would_do_in_the_world_is_not_done() {
    let Some(python) = python() else { return };
    let project = project(None);
    let body = "import subprocess\n    subprocess.run(['touch', 'done'], check=True)";
    let text = format!(
        "from alembic import op\nrevision = 'b1'\ndown_revision = '9c0000000009'\n\n\ndef upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
    );
    project.write("old/versions/b1.py", &text);
    let args = ["adopt", "alembic", "old", "--python", &python, "--dry-run"];
    let (data, code) = project.json(&args);
    assert_eq!(code, 1);
    let found = conclusions(&data);
    assert_eq!(found["b1"], ["calls-out", "upgrade-fails"]);
    assert!(!project.folder().join("old/done").exists());
    let (data, code) = project.json(&[&args[..], &["--allow-outside"]].concat());
    assert_eq!(code, 0, "{data:#}");
    assert!(project.folder().join("old/done").exists());
    assert!(!project.migrations().join("1a0000000001_first_tables.sql").exists());
}

/// `CUTOVER_ADOPT=300` has as many revisions as a large project; `CUTOVER_SEED` other ones.
#[test]
fn every_operation_that_alembic_has_is_carried_over() {
    let Some(python) = python() else { return };
    let number = |name: &str, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let (revisions, seed) = (number("CUTOVER_ADOPT", "30"), number("CUTOVER_SEED", "3"));
    let project = project(None);
    // not every server has every extension
    let ask = "SELECT min(name) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'vector')";
    let extension = psql(cutover_testkit::server(), &cutover_testkit::database().url(), ask);
    let generator = cutover_testkit::repository().join("fixtures/alembic/generate.py");
    let made = Command::new(&python)
        .arg(generator)
        .args(["large", "--revisions", &revisions, "--seed", &seed, "--extension", extension.trim()])
        .current_dir(project.folder())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (data, code) = project.json(&["adopt", "alembic", "large", "--python", &python]);
    assert_eq!(code, 0, "{data:#}");
    let replays = replays(&data);
    assert_eq!(replays.len().to_string(), revisions);
    let others: Vec<_> = replays.iter().filter(|(_, replay)| replay != "equal").collect();
    assert!(others.is_empty(), "{others:?}\n{:#}", data["conclusions"]);
    // what was written goes up from nothing in one run, too
    project.ok(&["upgrade", "heads"]);
}

#[test]
fn an_application_that_env_py_asks_for_is_made_before_it() {
    let Some(python) = python() else { return };
    let project = project(None);
    // as Flask-Migrate does: the folder is not in alembic.ini, and env.py finds its application or stops
    let read = |name: &str| std::fs::read_to_string(project.folder().join(name)).unwrap();
    let ini: Vec<String> = read("old/alembic.ini").lines().map(str::to_owned).collect();
    let ini: Vec<&str> =
        ini.iter().map(String::as_str).filter(|line| !line.starts_with("script_location")).collect();
    project.write("old/alembic.ini", &ini.join("\n"));
    project.write("application.py", "current = None\n");
    let env = format!(
        "import application\nif not application.current:\n    raise RuntimeError('outside of the application')\n{}",
        read("old/env.py")
    );
    project.write("old/env.py", &env);
    let make = "import application; application.current = 'made'";
    let args = ["adopt", "alembic", "old", "--python", &python, "--dry-run", "--before", make];
    let (data, code) = project.json(&args);
    assert_eq!(code, 0, "{data:#}");
    assert!(replays(&data).iter().all(|(_, replay)| replay == "equal"), "{data:#}");
    let (data, code) =
        project.json(&["adopt", "alembic", "old", "--python", &python, "--dry-run", "--before", "pass"]);
    assert_eq!(code, 1);
    assert!(data.to_string().contains("outside of the application"), "{data:#}");
}

#[test]
fn alembic_can_stay_in_charge() {
    let Some(python) = python() else { return };
    let database = cutover_testkit::database();
    let url = database.url();
    let ask = |sql: &str| psql(cutover_testkit::server(), &url, sql).trim().to_owned();
    ask("CREATE TABLE alembic_version (version_num varchar(99) PRIMARY KEY)");
    let project = project(Some(&url));
    project.write(
        "cutover.toml",
        &format!("migrations = {{ alembic = \"old/alembic.ini\", python = {python:?} }}\n"),
    );
    alembic(&project, &python, &url, &["upgrade", "6f0000000006"]);
    let recorded = |done: &cutover_testkit::Finished| done.err.contains("recording Alembic's revisions");
    let first = project.run(&["check"]);
    assert_eq!((first.code, first.out.as_str()), (0, "history and database agree\n"), "{}", first.err);
    assert!(recorded(&first));
    ask("ALTER TABLE customer ADD by_hand int");
    let second = project.run(&["check"]);
    assert_eq!(second.code, 3);
    assert!(second.out.contains("by_hand") && !recorded(&second), "{}{}", second.out, second.err);
    let explained = project.ok(&["explain"]);
    assert!(
        explained.contains("8b0000000008 Rows by COPY") && !explained.contains("First tables"),
        "{explained}"
    );
    let linted = project.run(&["lint"]);
    assert!(linted.out.contains("9 files looked at"), "{}{}", linted.out, linted.err);
    findings_are_of_the_python(&project);
    let refused = project.fails(&["lint", "--fix"], 2);
    assert!(refused.contains("not what is to be mended"), "{refused}");
    let refused = project.fails(&["upgrade"], 2);
    assert!(refused.contains("Alembic is in charge"), "{refused}");
    assert_eq!(ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'cutover'"), "0");
    // another file, another recording
    project.write("old/versions/b1.py", "revision = 'b1'\ndown_revision = '9c0000000009'\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n");
    let third = project.run(&["heads"]);
    assert!(recorded(&third) && third.out.contains("b1"), "{}{}", third.out, third.err);
}

/// What lint says is said of Alembic's files, and of those that a branch adds or changes.
fn findings_are_of_the_python(project: &Project) {
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let done =
            std::process::Command::new("git").current_dir(project.folder()).args(who).args(args).output();
        assert!(done.unwrap().status.success(), "git {args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "as it was"]);
    let none = project.run(&["lint", "--since", "git:HEAD"]);
    assert!(none.out.contains("0 files looked at"), "{}{}", none.out, none.err);
    let file = "old/versions/a1.py";
    let python = |allow: &str| {
        format!(
            "revision = 'a1'\ndown_revision = '9c0000000009'\n{allow}\nfrom alembic import op\n\n\ndef upgrade():\n    op.drop_column('customer', 'balance')\n\n\ndef downgrade():\n    op.execute('ALTER TABLE customer ADD balance numeric(10,2)')\n"
        )
    };
    project.write(file, &python(""));
    for args in [["--since", "git:HEAD"], ["--output", "text"]] {
        let mut all = vec!["lint", args[0], args[1]];
        all.extend((args[0] == "--output").then_some(file));
        let linted = project.run(&all);
        assert!(linted.out.contains("old/versions/a1.py:7 (what it runs"), "{}{}", linted.out, linted.err);
        assert!(linted.out.contains("ALTER TABLE customer DROP COLUMN balance"), "{}", linted.out);
        assert!(linted.out.contains("1 file looked at"), "{}", linted.out);
    }
    let github = project.run(&["lint", file, "--output", "github"]);
    assert!(
        github.out.contains("::error file=old/versions/a1.py,line=7,endLine=7,title=drop-column"),
        "{}",
        github.out
    );
    project.write(file, &python("# --@ allow drop-column \"nobody reads it\""));
    let allowed = project.run(&["lint", file]);
    assert!(
        allowed.out.contains("allowed: old/versions/a1.py:7 drop-column: nobody reads it"),
        "{}",
        allowed.out
    );
    std::fs::remove_file(project.folder().join(file)).unwrap();
}

const TENANT_ENV: &str = "from alembic import context
from sqlalchemy import create_engine, pool, text

tenant = context.get_x_argument(as_dictionary=True)['tenant']
with create_engine('postgresql+psycopg2://nobody@db.invalid/x', poolclass=pool.QueuePool).connect() as connection:
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS {tenant}'))
    connection.execute(text(f'SET search_path TO {tenant}, public'))
    connection.commit()
    context.configure(connection=connection, version_table='the versions', version_table_schema=tenant)
    with context.begin_transaction():
        context.execute(\"SET LOCAL lock_timeout = '4s'\")
        context.run_migrations()
";

#[test]
fn the_schema_of_a_tenant_its_search_path_and_roles_are_carried_over() {
    let Some(python) = python() else { return };
    let project = Project::new(CUTOVER, None);
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    project.write("old/alembic.ini", "[alembic]\nscript_location = %(here)s\n");
    project.write("old/env.py", TENANT_ENV);
    let revision = |id: &str, parent: &str, up: &[&str], down: &[&str]| {
        let lines =
            |all: &[&str]| all.iter().map(|sql| format!("    op.execute({sql:?})\n")).collect::<String>();
        let text = format!(
            "from alembic import op\nrevision = '{id}'\ndown_revision = {parent}\n\n\ndef upgrade():\n{}\n\ndef downgrade():\n{}",
            lines(up),
            lines(down)
        );
        project.write(&format!("old/versions/{id}.py"), &text);
    };
    let role = "CREATE ROLE \"odd writer\" LOGIN";
    revision(
        "r1",
        "None",
        &[role, "CREATE TABLE thing (id int)"],
        &["DROP TABLE thing", "DROP ROLE \"odd writer\""],
    );
    revision(
        "r2",
        "'r1'",
        &[
            "ALTER TABLE thing OWNER TO \"odd writer\"",
            "COMMIT",
            "CREATE INDEX CONCURRENTLY thing_i ON thing (id)",
            "INSERT INTO thing VALUES (1)",
        ],
        &["COMMIT", "DROP INDEX CONCURRENTLY thing_i"],
    );
    let odd = "-- a; comment\n--@ downgrade\nCREATE TABLE public.\"odd; name\" (q text DEFAULT 'it''s; --@ sql\n--@ downgrade\n')";
    revision("r3", "'r2'", &[odd], &["DROP TABLE public.\"odd; name\""]);
    let (data, code) = project.json(&["adopt", "alembic", "old", "--python", &python, "-x", "tenant=acme"]);
    assert_eq!(code, 0, "{data:#}");
    let equal = |id: &str| (id.to_owned(), "equal".to_owned());
    assert_eq!(replays(&data), [equal("r1"), equal("r2"), equal("r3")]);
    let found = conclusions(&data);
    assert_eq!(found["env.py"], ["led", "search-path"]);
    assert_eq!(found["r1"], ["does-not-restore", "env-changes", "roles"]);
    let config = std::fs::read_to_string(project.folder().join("cutover.toml")).unwrap();
    assert!(config.contains("search_path = \"acme, public\"\n"), "{config}");
    assert!(config.contains("ignore = [\"table "), "{config}");
    assert!(!file(&project, "r2.sql").contains("search_path"));
    // on a server that has not got the role
    project.ok(&["upgrade"]);
    project.ok(&["downgrade", "r1"]);
    project.ok(&["upgrade"]);
}
