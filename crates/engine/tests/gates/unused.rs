//! `unused ... for ...`: what is a use, what is not, and what nobody can know.

use std::collections::BTreeSet;

use cutover_engine::server::{Binaries, Scratch, Stop};
use cutover_testkit::replica;

use crate::support::{Stage, flush, open, server, wait, with_statements};

const SCHEMA: &str = "CREATE EXTENSION pg_stat_statements; \
    CREATE TABLE task (id int PRIMARY KEY, title text, owner int); \
    CREATE TABLE person (id int PRIMARY KEY, title text); \
    INSERT INTO task SELECT n, 'x' || n, 1 FROM generate_series(1, 100) n";

/// A stage that has been watched without a use for long enough.
async fn quiet(server: &Scratch, schema: &str, gate: &str) -> Stage {
    let stage = Stage::new(server, schema).await;
    flush(&stage.app).await;
    stage.said(gate).await;
    wait(1.3).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true"), "{said}");
    stage
}

#[tokio::test]
async fn a_table_is_watched_for_as_long_as_the_gate_says() {
    let stage = Stage::new(&server(), SCHEMA).await;
    let gate = "unused table task for 2 seconds";
    flush(&stage.app).await;
    let verdict = stage.gate(gate).await;
    assert!(!verdict.open && verdict.until.is_some(), "{verdict:?}");
    wait(1.0).await;
    assert!(!stage.gate(gate).await.open);
    wait(1.2).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true: table public.task is unused for 2 s on 1 node"), "{said}");
    // three samples that say the same are one row
    let rows = stage.session.client().query_one("SELECT count(*) FROM cutover.evidence", &[]).await.unwrap();
    assert!(rows.get::<_, i64>(0) <= 2);
}

#[tokio::test]
async fn evidence_that_no_gate_can_ask_for_goes() {
    let stage = Stage::new(&server(), SCHEMA).await;
    let gate = "unused table task for 2 seconds";
    let count = async || {
        let sql = "SELECT count(*) FROM cutover.evidence";
        stage.session.client().query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let mut rows = Vec::new();
    for age in ["0 days", "729 days", "2 days"] {
        stage.age(age).await;
        stage.app("SELECT title FROM task").await;
        flush(&stage.app).await;
        stage.said(gate).await;
        rows.push(count().await);
    }
    assert_eq!(rows, [1, 2, 2]);
}

#[tokio::test]
async fn reads_and_writes_close_it_and_it_opens_again() {
    let gate = "unused table public.task for 1 second";
    let stage = quiet(&server(), SCHEMA, gate).await;
    for sql in [
        "SELECT title FROM task WHERE id = 3",
        "INSERT INTO task VALUES (1000, 'new', 1)",
        "UPDATE task SET owner = 2 WHERE id = 1",
        "DELETE FROM task WHERE id = 1000",
        "SELECT * FROM task LIMIT 0",
        "COPY task TO STDOUT",
    ] {
        if sql.starts_with("COPY") {
            let _ = stage.app.client().copy_out(sql).await.unwrap();
            flush(&stage.app).await;
        } else {
            stage.app(sql).await;
        }
        let said = stage.said(gate).await;
        assert!(said.starts_with("false"), "{sql}: {said}");
        wait(1.3).await;
        let said = stage.said(gate).await;
        assert!(said.starts_with("true"), "{sql}: {said}");
    }
}

#[tokio::test]
async fn a_column_is_found_in_the_texts_of_statements() {
    let gate = "unused column task.title for 1 second";
    let schema = format!(
        "{SCHEMA}; CREATE VIEW titled AS SELECT id, title FROM task; CREATE VIEW plain AS SELECT id, owner FROM task; \
         CREATE FUNCTION titles() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(title) FROM task); END $$; \
         CREATE FUNCTION owners() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(owner) FROM task); END $$; \
         CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY own ON guarded USING (id IN (SELECT id FROM task WHERE title = current_user)); \
         CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := upper(NEW.title); RETURN NEW; END $$; \
         CREATE TABLE audit (id int)"
    );
    let stage = quiet(&server(), &schema, gate).await;
    for sql in [
        "SELECT id, owner FROM task",
        "SELECT t.id, p.title FROM task t JOIN person p ON p.id = t.owner",
        "UPDATE task SET owner = 3 WHERE id = 2",
        "SELECT * FROM plain",
        "SELECT owners()",
    ] {
        stage.app(sql).await;
        let said = stage.said(gate).await;
        assert!(said.starts_with("true"), "{sql}: {said}");
    }
    for sql in [
        "SELECT t.title FROM task t",
        "SELECT * FROM task t JOIN person p ON p.id = t.owner",
        "SELECT count(*) FROM titled",
        "SELECT titles()",
        "SELECT id FROM guarded",
        "INSERT INTO task VALUES (2000, 'new')",
        "DO $$ BEGIN PERFORM title FROM task; END $$",
        // a trigger that reads it from NEW is there from here on
        "CREATE TRIGGER shout BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION shout()",
        "UPDATE task SET owner = owner + 1 WHERE id = 2",
    ] {
        if sql.starts_with("CREATE") {
            stage.app(sql).await;
            continue;
        }
        stage.app(sql).await;
        let said = stage.said(gate).await;
        assert!(
            said.starts_with("false") && said.contains("statements: ") && said.contains(" call"),
            "{sql}: {said}"
        );
        wait(1.3).await;
        let said = stage.said(gate).await;
        assert!(said.starts_with("true"), "{sql}: {said}");
    }
}

#[tokio::test]
async fn what_runs_now_is_a_use() {
    let gate = "unused column task.title for 1 second";
    let stage = quiet(&server(), SCHEMA, gate).await;
    stage.app.client().batch_execute("BEGIN; DECLARE c CURSOR FOR SELECT title FROM task").await.unwrap();
    let said = stage.said(gate).await;
    assert!(said.contains("runs now: session"), "{said}");
    stage.app.client().batch_execute("ROLLBACK").await.unwrap();
    let gate = "unused table person for 1 second";
    assert!(stage.gate(gate).await.open);
    stage.app.client().batch_execute("BEGIN; SELECT count(*) FROM person; SELECT 1").await.unwrap();
    let said = stage.said(gate).await;
    assert!(said.contains("holds AccessShareLock on it"), "{said}");
}

#[tokio::test]
async fn our_own_gates_are_no_use() {
    let gate = "unused table task for 1 second";
    let stage = quiet(&server(), SCHEMA, gate).await;
    for _ in 0..3 {
        assert!(!stage.gate("no rows: SELECT id FROM task WHERE owner = 1").await.open);
        assert!(stage.gate("applied elsewhere: SELECT true FROM task WHERE id = 7").await.open);
    }
    let said = stage.said(gate).await;
    assert!(said.starts_with("true"), "{said}");
    stage.app("SELECT title FROM task WHERE id = 3").await;
    assert!(!stage.gate(gate).await.open);
}

#[tokio::test]
async fn without_statements_a_table_has_its_counters_and_a_column_has_nothing() {
    let schema = "CREATE TABLE task (id int, title text); INSERT INTO task VALUES (1, 'x')";
    let stage = quiet(&server(), schema, "unused table task for 1 second").await;
    let gate = "unused column task.title for 1 second";
    stage.said(gate).await;
    wait(1.3).await;
    // a table that nobody uses has columns that nobody uses
    assert!(stage.gate(gate).await.open);
    stage.app("SELECT id FROM task").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("CREATE EXTENSION pg_stat_statements"), "{said}");
}

#[tokio::test]
async fn a_reset_of_the_statistics_begins_anew() {
    let server = with_statements(&[]);
    let gate = "unused table task for 2 seconds";
    for reset in ["SELECT pg_stat_reset()", "SELECT pg_stat_reset_single_table_counters('task'::regclass)"] {
        let stage = Stage::new(&server, SCHEMA).await;
        // without statements only the counters speak
        stage.app("DROP EXTENSION pg_stat_statements").await;
        stage.said(gate).await;
        stage.app("SELECT count(*) FROM task").await;
        stage.app(reset).await;
        stage.age("1 hour").await;
        let said = stage.said(gate).await;
        assert!(said.starts_with("false") && said.contains("reset or lost at"), "{reset}: {said}");
        wait(2.3).await;
        let said = stage.said(gate).await;
        assert!(said.starts_with("true"), "{reset}: {said}");
    }
}

#[tokio::test]
async fn a_reset_or_an_eviction_of_statements_is_seen() {
    let server = with_statements(&[("pg_stat_statements.max", "100")]);
    let gate = "unused column task.title for 1 second";
    let stage = Stage::new(&server, SCHEMA).await;
    stage.app("SELECT id FROM task").await;
    stage.said(gate).await;
    wait(1.3).await;
    assert!(stage.gate(gate).await.open);
    stage.app("SELECT title FROM task; SELECT pg_stat_statements_reset()").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("reset or lost"), "{said}");
    wait(1.3).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true"), "{said}");
    for n in 0..150 {
        let columns = (0..=n).map(|c| c.to_string()).collect::<Vec<_>>().join(" + id + ");
        stage.app.client().batch_execute(&format!("SELECT {columns} FROM person")).await.unwrap();
    }
    stage.app("SELECT id FROM task").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("threw out entries"), "{said}");
}

#[tokio::test]
async fn a_restart_keeps_the_evidence_and_a_crash_loses_it() {
    let binaries = Binaries::find(&cutover_engine::server::Lookup::from_env()).unwrap();
    restarted(&binaries, &[("shared_preload_libraries", "pg_stat_statements")]).await;
}

#[tokio::test]
async fn a_restart_keeps_the_evidence_and_a_crash_loses_it_on_18() {
    let Some(dir) = std::env::var_os("CUTOVER_TEST_PG18") else { return };
    restarted(&Binaries::in_dir(dir.as_ref()).unwrap(), &[]).await;
}

/// A server of its own, which is stopped and started.
async fn restarted(binaries: &Binaries, settings: &[(&str, &str)]) {
    let mut cluster = replica::restartable(binaries, settings);
    let gate = "unused table task for 3 seconds";
    let url = cluster.cluster.url("postgres");
    let stage = crate::support::Watcher::new(&url).await;
    stage.app("CREATE TABLE task (id int); INSERT INTO task VALUES (1); SELECT * FROM task").await;
    stage.said(gate).await;
    drop(stage);
    cluster.cluster.stop(Stop::Fast).unwrap();
    cluster.cluster.start_again().unwrap();
    wait(3.3).await;
    let stage = crate::support::Watcher::again(&url).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true"), "a clean restart: {said}");
    drop(stage);
    cluster.cluster.stop(Stop::Immediate).unwrap();
    cluster.cluster.start_again().unwrap();
    let stage = crate::support::Watcher::again(&url).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("reset or lost"), "a crash: {said}");
}

#[tokio::test]
async fn a_backend_that_is_killed_loses_the_statistics_of_all() {
    let server = with_statements(&[]);
    let gate = "unused table task for 3 seconds";
    let stage = Stage::new(&server, SCHEMA).await;
    stage.said(gate).await;
    wait(3.2).await;
    assert!(stage.gate(gate).await.open);
    let pid = stage.app.facts.pid;
    let killed = nix_kill(pid);
    assert!(killed, "the server process cannot be killed");
    wait(1.5).await;
    let stage = crate::support::Watcher::again(&stage.database.url()).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("reset or lost"), "{said}");
}

/// SIGKILL to one process of our own server.
fn nix_kill(pid: i32) -> bool {
    std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success()
}

#[tokio::test]
async fn an_index_has_its_scans() {
    let schema = "CREATE TABLE task (id int PRIMARY KEY, owner int); INSERT INTO task SELECT n, n FROM generate_series(1, 5000) n; \
        CREATE INDEX by_owner ON task (owner); ANALYZE task";
    let gate = "unused index by_owner for 1 second";
    let stage = quiet(&server(), schema, gate).await;
    stage.app("SELECT id FROM task WHERE id = 7").await;
    assert!(stage.gate(gate).await.open);
    stage.app("SELECT id FROM task WHERE owner = 7").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("1 scan since"), "{said}");
    let said = stage.said("unused index task_pkey for 1 second").await;
    assert!(said.contains("also keeps rows unique"), "{said}");
}

#[tokio::test]
async fn a_function_has_its_calls() {
    let schema = "CREATE EXTENSION pg_stat_statements; CREATE TABLE task (id int); \
        CREATE FUNCTION old(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$; \
        CREATE FUNCTION plain(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + 1 $$";
    let gate = "unused function old for 1 second";
    let stage = quiet(&server(), schema, gate).await;
    stage.app("SELECT old(1)").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false"), "{said}");
    // one that is inlined is found in the texts only
    let gate = "unused function public.plain for 1 second";
    stage.said(gate).await;
    wait(1.3).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true") && said.contains("may be inlined"), "{said}");
    stage.app("SELECT plain(1)").await;
    assert!(!stage.gate(gate).await.open);
}

#[tokio::test]
async fn triggers_of_ours_and_foreign_keys_are_no_users_and_others_are() {
    let schema = format!(
        "{SCHEMA}; CREATE TABLE link (task int REFERENCES task ON DELETE CASCADE, plan int); CREATE INDEX ON link (task); \
         CREATE FUNCTION dual() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO link VALUES (NEW.id, 1); RETURN NEW; END $$; \
         COMMENT ON FUNCTION dual() IS 'Dual write of the rollout retire-link. Both ways.'; \
         CREATE TRIGGER dual AFTER INSERT ON task FOR EACH ROW EXECUTE FUNCTION dual()"
    );
    let gate = "unused table link for 1 second";
    let stage = quiet(&server(), &schema, gate).await;
    stage.app("INSERT INTO task VALUES (500, 'x', 1); DELETE FROM task WHERE id = 500").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true"), "{said}");
    assert!(
        said.contains("trigger dual of Cutover on public.task") && said.contains("foreign key"),
        "{said}"
    );
    // on a system in use somebody always is in the middle of a write that runs the trigger
    stage.app("BEGIN; INSERT INTO task VALUES (502, 'x', 1)").await;
    let said = stage.said(gate).await;
    stage.app("ROLLBACK").await;
    assert!(said.starts_with("true"), "{said}");
    stage.app("SELECT plan FROM link").await;
    assert!(!stage.gate(gate).await.open);
    wait(1.3).await;
    // the same trigger without our word is a user of the table
    stage.app("COMMENT ON FUNCTION dual() IS 'ours'; INSERT INTO task VALUES (501, 'x', 1)").await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false"), "{said}");
}

#[tokio::test]
async fn partitions_count_for_their_table() {
    let schema = "CREATE TABLE task (id int, day int) PARTITION BY LIST (day); \
        CREATE TABLE task_1 PARTITION OF task FOR VALUES IN (1); CREATE TABLE task_2 PARTITION OF task FOR VALUES IN (2)";
    let gate = "unused table task for 1 second";
    let stage = quiet(&server(), schema, gate).await;
    stage.app("SELECT id FROM task_2").await;
    assert!(!stage.gate(gate).await.open);
}

#[tokio::test]
async fn hidden_texts_and_missing_things_are_said() {
    let server = with_statements(&[]);
    let mut stage = Stage::new(
        &server,
        &format!("{SCHEMA}; CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA cutover TO plain; GRANT ALL ON ALL TABLES IN SCHEMA cutover, public TO plain"),
    )
    .await;
    stage.app("SELECT title FROM task").await;
    stage.session = open(&stage.database.url().replace("user=postgres", "user=plain")).await;
    let gate = "unused column task.title for 1 second";
    stage.said(gate).await;
    stage.app("SELECT id FROM task").await;
    wait(1.3).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false") && said.contains("pg_read_all_stats"), "{said}");
    for (gate, wanted) in [
        ("unused table tusk for 1 day", "there is no table tusk"),
        ("unused column task.titel for 1 day", "there is no column task.titel"),
        ("unused index task for 1 day", "there is no index task"),
        ("unused function nothing for 1 day", "there is no function nothing"),
    ] {
        assert_eq!(stage.gate(gate).await.summary, wanted);
    }
    let names: BTreeSet<String> = stage.gate(gate).await.evidence.into_iter().collect();
    assert!(!names.is_empty());
}

#[tokio::test]
async fn counters_of_18_know_the_last_scan() {
    let Some(dir) = std::env::var_os("CUTOVER_TEST_PG18") else { return };
    let server = replica::primary(&Binaries::in_dir(dir.as_ref()).unwrap(), &[]);
    let schema = "CREATE TABLE task (id int PRIMARY KEY, owner int); INSERT INTO task SELECT n, n FROM generate_series(1, 5000) n; \
        CREATE INDEX by_owner ON task (owner); ANALYZE task";
    let stage = Stage::new(&server, schema).await;
    stage.app("SELECT id FROM task WHERE owner = 7").await;
    let (index, table) = ("unused index by_owner for 1 second", "unused table task for 1 second");
    assert!(!stage.gate(index).await.open);
    wait(1.3).await;
    // no sample is old enough, and none is needed
    stage.session.client().batch_execute("DELETE FROM cutover.evidence").await.unwrap();
    assert!(stage.gate(index).await.open);
    let said = stage.said(table).await;
    assert!(said.starts_with("false") && said.contains("watched since"), "{said}");
    wait(1.3).await;
    assert!(stage.gate(table).await.open);
    stage.app("UPDATE task SET owner = 8 WHERE id = 7").await;
    let said = stage.said(table).await;
    assert!(said.starts_with("false") && said.contains("1 row written"), "{said}");
}
