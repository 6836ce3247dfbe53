//! `cutover gate`: what it prints, its exit codes, and what the ledger keeps of it.

use cutover_engine::server::{Binaries, Lookup};
use cutover_testkit::{Project, database, psql, replica, repository, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A project with a table, and a revision behind gates.
fn project(url: &str, requires: &str) -> Project {
    let project = Project::new(CUTOVER, Some(url));
    project.revision("01", "base", "CREATE TABLE task (id int, done boolean);", "DROP TABLE task;");
    let lines: String = requires.lines().map(|line| format!("--@ requires {line}\n")).collect();
    project.write(
        "migrations/02_drop.sql",
        &format!("--@ revision 02\n--@ revises 01\n{lines}\n-- Drop it\n\n--@ upgrade\nDROP TABLE task;\n\n--@ downgrade\nCREATE TABLE task (id int, done boolean);\n"),
    );
    project
}

#[test]
fn a_closed_gate_is_told_with_its_evidence_and_exit_code_3() {
    let database = database();
    let project = project(&database.url(), "no rows: SELECT id FROM task WHERE NOT done");
    project.ok(&["upgrade", "01"]);
    psql(server(), &database.url(), "INSERT INTO task VALUES (7, false)");
    let done = project.run(&["gate", "02"]);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    assert_eq!(
        done.out,
        "closed  no rows: SELECT id FROM task WHERE NOT done\n        the query gives 1 row\n        id = 7\n"
    );
    let (json, code) = project.json(&["gate", "02"]);
    assert_eq!(code, 3);
    assert_eq!(json["open"], false);
    assert_eq!(json["gates"][0]["evidence"][0], "id = 7");
    psql(server(), &database.url(), "UPDATE task SET done = true");
    project.ok(&["gate", "02"]);
    project.ok(&["upgrade"]);
}

#[test]
fn a_gate_is_passed_over_by_a_person_with_a_reason() {
    let database = database();
    let project = project(&database.url(), "applied elsewhere: SELECT 1 FROM elsewhere.done");
    let out = project.ok(&["upgrade"]);
    assert!(out.contains("waiting  02"), "{out}");
    project.fails(&["gate", "02", "--override", " "], 2);
    project.fails(&["gate", "01", "--override", "it is done"], 2);
    project.ok(&[
        "gate",
        "02",
        "--override",
        "they are done, the ledger of theirs is elsewhere",
        "--by",
        "ana",
    ]);
    let out = project.ok(&["gate", "02"]);
    assert!(out.contains("closed") && out.contains("passed over by ana"), "{out}");
    let out = project.ok(&["upgrade"]);
    assert!(out.contains("1 revision applied"), "{out}");
    let kept =
        psql(server(), &database.url(), "SELECT kind, given_by, note, open FROM cutover.acknowledgement");
    assert_eq!(kept, "override|ana|they are done, the ledger of theirs is elsewhere|f");
}

#[test]
fn a_query_that_cannot_be_asked_names_the_gate_and_the_file() {
    let database = database();
    let project = project(&database.url(), "no rows: SELECT id FROM tusk");
    let err = project.fails(&["upgrade"], 1);
    assert!(err.contains("\"tusk\" does not exist (revision 02)"), "{err}");
    let err = project.fails(&["gate", "02"], 1);
    assert!(err.contains("no rows: SELECT id FROM tusk") && err.contains("02_drop.sql"), "{err}");
    let project = self::project(&database.url(), "no rows: SELEC id FROM task");
    let err = project.fails(&["gate", "02"], 2);
    assert!(err.contains("02_drop.sql:3") && err.contains("SELEC"), "{err}");
}

#[test]
fn every_look_is_a_sample() {
    let database = database();
    let project = project(
        &database.url(),
        "no rows: SELECT 1\nunused table task for 7 days\nunused column task.done for 7 days",
    );
    project.write(
        "migrations/03_later.sql",
        "--@ revision 03\n--@ revises 02\n--@ rollout x / contract\n--@ requires unused function lower_it for 1 day\n\n-- Later\n\n--@ upgrade\nSELECT 1;\n\n--@ downgrade\nSELECT 1;\n",
    );
    psql(
        server(),
        &database.url(),
        "CREATE FUNCTION lower_it() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
    );
    let samples = || {
        psql(
            server(),
            &database.url(),
            "SELECT string_agg(DISTINCT target, ', ' ORDER BY target) FROM cutover.evidence",
        )
    };
    project.ok(&["upgrade"]);
    // also of what is behind the revision that waits
    assert_eq!(samples(), "column public.task.done, function public.lower_it, table public.task");
    psql(server(), &database.url(), "DELETE FROM cutover.evidence");
    project.ok(&["rollout", "status"]);
    assert_eq!(samples(), "column public.task.done, function public.lower_it, table public.task");
    psql(server(), &database.url(), "DELETE FROM cutover.evidence");
    let out = project.ok(&["gate", "--sample"]);
    assert!(out.contains("3 things watched"), "{out}");
    assert_eq!(samples(), "column public.task.done, function public.lower_it, table public.task");
    let (json, code) = project.json(&["gate", "02"]);
    assert_eq!(code, 3);
    assert!(json["gates"][1]["until"].as_str().is_some_and(|until| until.ends_with('Z')), "{json}");
}

#[test]
fn replicas_of_the_configuration_are_asked() {
    let database = database();
    let project = project(&database.url(), "replicas caught up");
    let url = database.url();
    project.write(
        "cutover.toml",
        &format!("[env.prod]\nurl = '{url}'\nreplicas = ['postgresql://127.0.0.1:1/x']\n"),
    );
    project.ok(&["upgrade", "--env", "prod"]);
    let done = project.run(&["gate", "02", "--env", "prod"]);
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    assert!(done.out.contains("replica 1 itself:"), "{}", done.out);
    project.write("cutover.toml", "[env.prod]\nurl = 'x'\nreplicas = [7]\n");
    let err = project.fails(&["gate", "02", "--env", "prod"], 2);
    assert!(err.contains("cutover.toml:3"), "{err}");
}

#[test]
fn a_tripwire_trips_and_is_undone_at_once() {
    for (how, symptom) in [("rename", "does not exist"), ("revoke", "permission denied")] {
        let database = database();
        let url = database.url();
        let project = Project::new(CUTOVER, Some(&url));
        let role = format!("reader_{how}");
        let schema = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
             CREATE TABLE task (id int PRIMARY KEY, title text); INSERT INTO task VALUES (1, 'x'); GRANT SELECT ON task TO {role};"
        );
        project.revision("01", "base", &schema, "DROP TABLE task;");
        project.ok(&["upgrade"]);
        project.ok(&["rollout", "new", "drop-column", "task.title", "--tripwire", how]);
        let (status, _) = project.json(&["rollout", "status"]);
        let ids: Vec<String> = status["rollouts"][0]["revisions"]
            .as_array()
            .unwrap_or_else(|| panic!("{status}"))
            .iter()
            .map(|it| it["id"].as_str().unwrap_or_default().to_owned())
            .collect();
        project.ok(&["upgrade"]);
        project.ok(&["ack", &ids[0], "--note", "deployed"]);
        project.ok(&["upgrade"]);
        let reader = url.replace("user=postgres", &format!("user={role}"));
        let ask = |sql: &str| {
            let psql = server().cluster().binaries().tool("psql");
            let done = std::process::Command::new(psql).args(["-XqAt", "-d", &reader, "-c", sql]).output();
            done.map(|it| String::from_utf8_lossy(&[it.stdout, it.stderr].concat()).trim().to_owned())
                .unwrap_or_default()
        };
        let said = ask("SELECT title FROM task");
        assert!(said.contains(symptom), "{how}: {said}");
        assert_eq!(ask("SELECT id FROM task"), "1");
        project.ok(&["downgrade", "-1"]);
        assert_eq!(ask("SELECT title FROM task"), "x", "{how}");
        psql(server(), &url, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
}

/// The case that all of this is for: triggers and foreign keys write and read the join table to the end, and it is the texts of
/// statements that show that nobody else does.
#[test]
fn the_join_table_of_the_example_is_unused_while_triggers_still_write_it() {
    let binaries = Binaries::find(&Lookup::from_env()).unwrap_or_else(|e| panic!("{e}"));
    let server = replica::primary(&binaries, &[("shared_preload_libraries", "pg_stat_statements")]);
    let database = server.create_blocking(None).unwrap_or_else(|e| panic!("{e}"));
    let url = database.url();
    let project = Project::new(CUTOVER, Some(&url));
    let folder = repository().join("examples/retire-join-table/migrations");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        let name = entry.file_name().to_string_lossy().into_owned();
        project.write(&format!("migrations/{name}"), &text.replace("for 7 days", "for 2 seconds"));
    }
    // the session ends with each call, and hands its counters over
    let run = |sql: &str| psql(&server, &url, sql);
    run("CREATE EXTENSION pg_stat_statements");
    project.ok(&["upgrade"]);
    let old = "WITH r AS (INSERT INTO recommendation (title) VALUES ('old') RETURNING id), p AS (INSERT INTO plan (name) VALUES ('p') RETURNING id) \
        SELECT p.id, r.id FROM p, r";
    let link = "INSERT INTO plan_recommendations SELECT max(p.id), max(r.id) FROM plan p, recommendation r";
    let new = "INSERT INTO recommendation (title, plan_id) SELECT 'new', max(id) FROM plan; UPDATE recommendation SET plan_id = plan_id WHERE id = 1; \
        DELETE FROM recommendation WHERE id = (SELECT max(id) FROM recommendation)";
    run(old);
    run(link);
    for id in ["0006", "0007", "0008"] {
        let done = project.run(&["gate", "0009"]);
        assert_eq!(done.code, 3, "{}", done.out);
        project.ok(&["ack", id, "--note", "deployed"]);
        project.ok(&["upgrade"]);
    }
    let said = project.run(&["gate", "0009"]);
    assert_eq!(said.code, 3, "{}", said.out);
    // new writers, all the time; the triggers keep the join table up
    let mut out = String::new();
    for _ in 0..25 {
        run(new);
        std::thread::sleep(std::time::Duration::from_millis(100));
        let done = project.run(&["gate", "0009"]);
        out = done.out;
        if done.code == 0 {
            break;
        }
    }
    assert!(out.starts_with("open"), "{out}");
    assert!(out.contains("rows written") || out.contains("row written"), "{out}");
    assert!(out.contains("of Cutover on public.recommendation") && out.contains("foreign key"), "{out}");
    // one old reader closes it
    run(
        "SELECT r.title FROM recommendation r JOIN plan_recommendations pr ON pr.recommendation_id = r.id WHERE pr.plan_id = 1",
    );
    let done = project.run(&["gate", "0009"]);
    assert_eq!(done.code, 3, "{}", done.out);
    assert!(done.out.contains("statements: 1 call"), "{}", done.out);
}
