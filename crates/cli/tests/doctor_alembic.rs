//! `cutover doctor` on Alembic projects in which one thing each is wrong. Their files are read by any Python 3; neither Alembic
//! nor a database is there.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::Project;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A folder with alembic.ini and no cutover.toml.
fn project() -> Project {
    let project = Project::new(CUTOVER, None);
    std::fs::remove_file(project.folder().join("cutover.toml")).unwrap();
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/db\n");
    project.write("db/env.py", "raise SystemExit('it is never run')\n");
    project
}

/// A revision; `down` is Python.
fn revision(project: &Project, id: &str, down: &str, upgrade: &str, downgrade: &str) {
    let body = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let text = format!(
        "\"\"\"what {id} does\"\"\"\nraise SystemExit('it is never imported')\nfrom alembic import op\nimport sqlalchemy as sa\n\n\
         revision: str = '{id}'\ndown_revision = {down}\n\n\ndef upgrade() -> None:\n{}\n\ndef downgrade():\n{}",
        body(upgrade),
        body(downgrade)
    );
    project.write(&format!("db/versions/{id}_x.py"), &text);
}

/// `id about: text`, the worst first.
fn found(project: &Project) -> Vec<String> {
    let (data, _) = project.json(&["doctor"]);
    let all = data["conclusions"].as_array().unwrap_or_else(|| panic!("{data:#}"));
    let text = |it: &serde_json::Value, key: &str| it[key].as_str().unwrap().to_owned();
    all.iter().map(|it| format!("{} {}: {}", text(it, "id"), text(it, "about"), text(it, "text"))).collect()
}

fn has(found: &[String], begins: &str) {
    assert!(found.iter().any(|it| it.starts_with(begins)), "{begins} in {found:#?}");
}

const DROP: &str = "op.drop_table('t')";

#[test]
fn a_sound_history_has_nothing_wrong() {
    let project = project();
    revision(&project, "a1", "None", "op.create_table('t', sa.Column('id', sa.Integer()))", DROP);
    let concurrent = "with op.get_context().autocommit_block():\n    op.create_index('i', 't', ['id'], postgresql_concurrently=True)\n    \
         op.execute('CREATE INDEX CONCURRENTLY j ON t (id)')";
    revision(&project, "a2", "'a1'", concurrent, "op.drop_index('i')");
    // removed and made again, and a text that only looks like it
    revision(
        &project,
        "a3",
        "'a2'",
        "op.drop_table('t')\nop.create_table('t', sa.Column('id', sa.Integer()))\n\
         op.execute(\"INSERT INTO t VALUES ('COMMIT; CREATE INDEX CONCURRENTLY')\")\n\
         op.execute('''CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN NEW;\nEND\n$$''')",
        DROP,
    );
    assert_eq!(found(&project), Vec::<String>::new());
    assert!(project.ok(&["doctor"]).ends_with("nothing is wrong\n"));
}

#[test]
fn disabled_revisions_and_downgrades_are_told_apart() {
    let project = project();
    let does = "op.execute('CREATE TABLE x ()')";
    revision(&project, "a1", "None", "'''text'''\n# op.create_table('t')\npass", "pass");
    revision(&project, "a2", "'a1'", &format!("return\n{does}"), "pass");
    revision(&project, "a3", "'a2'", &format!("if False:\n    {does}"), "pass");
    revision(&project, "a4", "'a3'", does, "pass");
    revision(&project, "a5", "'a4'", does, "raise NotImplementedError()");
    revision(&project, "a6", "('a5', 'a4')", "pass", "pass");
    revision(&project, "a7", "'a6'", "raise RuntimeError('no')", "pass");
    let all = found(&project);
    assert_eq!(
        all.iter()
            .map(|it| it.split(';').next().unwrap().split(": ").take(2).collect::<Vec<_>>().join(": "))
            .collect::<Vec<_>>(),
        [
            "disabled a1: its upgrade is pass",
            "disabled a2: its upgrade returns before it does anything",
            "disabled a3: its upgrade stands under if False",
            "no-downgrade a4: its downgrade is pass",
            "disabled a7: its upgrade raises before it does anything",
            "no-downgrade a5: its downgrade raises",
        ]
    );
    let shown = project.run(&["doctor"]).out;
    assert!(
        shown.contains("a1 (db/versions/a1_x.py:10)") && shown.contains("    # op.create_table('t')"),
        "{shown}"
    );
}

#[test]
fn ids_and_joints_that_do_not_fit() {
    let project = project();
    let does = "op.execute('SELECT 1')";
    let long = "a_revision_id_that_is_longer_than_32_characters";
    revision(&project, "1", "None", does, does);
    revision(&project, "001b", "'1'", does, does);
    revision(&project, long, "'gone'", does, does);
    revision(&project, "b1", "'b2'", does, does);
    revision(&project, "b2", "'b1'", does, does);
    project.write("db/versions/copy_of_1.py", "revision = '1'\ndown_revision = None\n");
    project.write("db/versions/broken.py", "revision = '2'\ndef upgrade(:\n");
    project.write("db/versions/helper.py", "X = 1\n");
    let all = found(&project);
    has(&all, &format!("long-id {long}: the id has 47 characters"));
    has(&all, &format!("missing-parent {long}: follows gone, which no file has"));
    has(&all, "duplicate-id 1: 2 files bear the id 1");
    has(&all, "duplicate-number 1: 2 files begin with the number 1");
    has(&all, "cycle b1: ");
    has(&all, "cycle b2: ");
    has(&all, "unreadable-file db/versions/broken.py: is no Python");
    has(&all, "several-heads history: the history has 2 heads");
}

#[test]
fn transactions_that_do_not_hold() {
    let project = project();
    revision(
        &project,
        "a1",
        "None",
        "op.execute(sa.text('CREATE INDEX CONCURRENTLY i ON t (id)'))",
        "helper()",
    );
    revision(&project, "a2", "'a1'", "op.execute(\"UPDATE t SET x = 1; COMMIT;\")", "op.get_bind().commit()");
    // a session of the ORM joins the transaction that is there, and its commit ends nothing
    let joined = "session = orm.Session(bind=op.get_bind())\nsession.execute('SELECT 1')\nsession.commit()";
    revision(&project, "a4", "'a3'", joined, "db.session.commit()");
    revision(&project, "a3", "'a2'", "op.execute(f'CREATE TABLE IF NOT EXISTS {name} (id int)')", DROP);
    let helper = project.folder().join("db/versions/a1_x.py");
    let text = std::fs::read_to_string(&helper).unwrap();
    std::fs::write(
        &helper,
        text + "\n\ndef helper():\n    op.drop_index('i', postgresql_concurrently=True)\n",
    )
    .unwrap();
    let all = found(&project);
    assert_eq!(
        all.iter().filter(|it| it.starts_with("concurrently-in-transaction a1")).count(),
        2,
        "{all:#?}"
    );
    has(&all, "transaction-control a2: COMMIT in the middle of the upgrade");
    has(&all, "transaction-control a2: commit in the middle of the downgrade");
    has(&all, "if-not-exists a3");
    let of_a4: Vec<&String> = all.iter().filter(|it| it.contains(" a4:")).collect();
    assert_eq!(of_a4.len(), 1, "{of_a4:#?}");
    assert!(of_a4[0].contains("in the middle of the downgrade"), "{of_a4:#?}");
    // an env.py that runs without transactions has no such trouble
    project.write("db/env.py", "create_engine(url, isolation_level='AUTOCOMMIT')\n");
    assert!(!found(&project).iter().any(|it| it.starts_with("concurrently")));
}

#[test]
fn what_is_made_twice() {
    let project = project();
    let table = "op.create_table('t', sa.Column('id', sa.Integer()), sa.Column('x', sa.Text()))";
    revision(&project, "a1", "None", table, DROP);
    revision(
        &project,
        "a2",
        "'a1'",
        "op.add_column('t', sa.Column('x', sa.Text()))",
        "op.drop_column('t', 'x')",
    );
    revision(
        &project,
        "a3",
        "'a2'",
        "with op.batch_alter_table('t') as b:\n    b.drop_column('x')\n    b.add_column(sa.Column('x', sa.Text()))",
        DROP,
    );
    revision(&project, "a4", "'a3'", table, DROP);
    revision(
        &project,
        "a5",
        "'a4'",
        "op.rename_table('t', 'u')\nop.create_table('t')\nop.create_table('t', schema='s')",
        DROP,
    );
    let all: Vec<String> = found(&project).into_iter().filter(|it| it.starts_with("made-twice")).collect();
    has(&all, "made-twice a2: makes column t.x, which a1 has made already");
    has(&all, "made-twice a4: makes table t, which a1 has made already");
    assert!(!all.iter().any(|it| it.contains(" a3:") || it.contains(" a5:")), "{all:#?}");
}

#[test]
fn what_reaches_outside_of_the_history() {
    let project = project();
    project.write("app/__init__.py", "");
    revision(&project, "a1", "None", "op.execute(open('x.sql').read())", DROP);
    revision(
        &project,
        "a2",
        "'a1'",
        "op.execute(pathlib.Path('x.sql').read_text())\nsubprocess.run(['true'])",
        DROP,
    );
    revision(&project, "a3", "'a2'", "from app.models import Thing\nimport json", DROP);
    revision(
        &project,
        "a4",
        "'a3'",
        "rows = op.get_bind().execute(sa.text('SELECT 1')).fetchall()\nfor row in rows:\n    op.execute('SELECT 2')",
        DROP,
    );
    revision(
        &project,
        "a5",
        "'a4'",
        "if 'x' not in sa.inspect(op.get_bind()).get_table_names():\n    op.execute('SELECT 2')",
        DROP,
    );
    let all = found(&project);
    has(&all, "depends-on-outside a1: reads a file");
    has(&all, "depends-on-outside a2: reads a file");
    has(&all, "depends-on-outside a2: calls another program or service");
    has(&all, "imports-application a3: imports app.models, the application");
    has(&all, "rows-decide a4");
    has(&all, "schema-decides a5");
    assert_eq!(all.len(), 6, "{all:#?}");
}

#[test]
fn several_histories_in_one_ini_and_folders_inside_packages() {
    let project = project();
    project.write("alembic.ini", "[alembic]\nfile_template = x\n[core]\nscript_location = app:db/core\n[tenant]\nscript_location = app.db:tenant\n");
    for name in ["core", "tenant"] {
        project.write(&format!("src/app/db/{name}/env.py"), "");
        let text = "revision = 'a1'\ndown_revision = None\ndef upgrade():\n    pass\n";
        project.write(&format!("src/app/db/{name}/versions/a1.py"), text);
    }
    project.write(
        "src/app/db/core/versions/b1.py",
        "revision = 'b1'\ndown_revision = None\ndef upgrade():\n    f()\ndef downgrade():\n    f()\n",
    );
    let all = found(&project);
    assert_eq!(all.len(), 3, "{all:#?}");
    has(&all, "several-heads core: ");
    has(&all, "disabled a1: ");
    // beside env.py, and nothing said: Flask-Migrate
    project.write("migrations/alembic.ini", "[alembic]\n");
    project.write("migrations/env.py", "");
    project.write(
        "migrations/versions/a1.py",
        "revision = 'a1'\ndown_revision = None\ndef upgrade():\n    pass\n",
    );
    assert!(project.run(&["doctor", "migrations"]).out.contains("a1 (versions/a1.py:3)"));
}

#[test]
fn a_project_without_alembic_ini_says_its_folders_in_pyproject_toml() {
    let project = project();
    std::fs::remove_file(project.folder().join("alembic.ini")).unwrap();
    let toml = "[project]\nname = 'x'\n\n[tool.alembic]\nscript_location = '%(here)s/db'\n\
                version_locations = ['%(here)s/db/versions', '%(here)s/other versions']\n";
    project.write("pyproject.toml", toml);
    revision(&project, "a1", "None", "pass", "pass");
    let second = std::fs::read_to_string(project.folder().join("db/versions/a1_x.py")).unwrap();
    project.write("other versions/b1.py", &second.replace("a1", "b1"));
    let found = found(&project);
    has(&found, "several-heads");
    assert!(!found.iter().any(|it| it.starts_with("unreadable-file")), "{found:#?}");
}

#[test]
fn a_folder_with_neither_is_refused() {
    let project = project();
    std::fs::create_dir_all(project.folder().join("empty")).unwrap();
    std::fs::create_dir_all(project.folder().join("db/versions")).unwrap();
    assert!(project.fails(&["doctor", "empty"], 2).contains("no alembic.ini and no SQL files"));
    assert!(project.ok(&["doctor", "."]).ends_with("nothing is wrong\n"));
}
