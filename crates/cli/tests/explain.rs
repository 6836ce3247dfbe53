//! `cutover explain` and the policy of an environment, on a real server.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::{Project, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A database with 20,000 orders, and a revision that is pending.
fn project(url: &str, upgrade: &str) -> Project {
    let project = Project::new(CUTOVER, Some(url));
    project.revision(
        "0001",
        "base",
        "CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL, note varchar(50));
CREATE VIEW notes AS SELECT note FROM orders;
INSERT INTO orders SELECT g, g, 'note ' || g FROM generate_series(1, 20000) g;",
        "DROP TABLE orders CASCADE;",
    );
    project.ok(&["upgrade"]);
    psql(server(), url, "ANALYZE orders");
    project.revision("0002", "0001", upgrade, "SELECT 1;");
    project
}

#[test]
fn a_plan_is_told_with_its_locks_and_sizes() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url, "ALTER TABLE orders ALTER COLUMN total TYPE bigint;");
    let (document, code) = project.json(&["explain", "--against", &url]);
    assert_eq!(code, 0);
    let statement = &document["revisions"][0]["steps"][0]["statements"][0];
    assert_eq!(statement["locks"][0]["relation"], "orders");
    assert_eq!(statement["locks"][0]["mode"], "access-exclusive");
    assert_eq!(statement["rewrites"][0], "orders");
    assert_eq!(statement["rows"], 20000.0);
    assert!(statement["estimate_ms"].as_f64().unwrap() > 5.0, "{statement}");
    assert_eq!(statement["blocks_meanwhile"], true);
    assert!(document["server"]["major"].as_u64().unwrap() >= 12);
    let text = project.ok(&["explain", "--against", &url]);
    assert!(text.contains("orders ACCESS EXCLUSIVE: reads and writes wait, 20 thousand rows"), "{text}");
    // nothing of it has run
    assert_eq!(psql(server(), &url, "SELECT pg_typeof(total) FROM orders LIMIT 1").trim(), "integer");
}

#[test]
fn a_plan_that_cannot_run_says_why() {
    let database = cutover_testkit::database();
    let project = project(&database.url(), "ALTER TABLE orders ALTER COLUMN note TYPE text;");
    let text = project.ok(&["explain"]);
    assert!(text.contains("fails") && text.contains("view notes uses orders.note"), "{text}");
}

#[test]
fn a_trace_agrees_with_what_is_said() {
    let database = cutover_testkit::database();
    let upgrade = "ALTER TABLE orders ADD COLUMN paid boolean NOT NULL DEFAULT false;
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total > 0);
CREATE INDEX CONCURRENTLY orders_note ON orders (note);
--@ sql
DROP VIEW notes;
ALTER TABLE orders ALTER COLUMN total TYPE bigint;
UPDATE orders SET paid = true WHERE id = 7;";
    let project = project(&database.url(), upgrade);
    let (document, _) = project.json(&["explain", "--trace"]);
    let steps = document["revisions"][0]["steps"].as_array().unwrap();
    let statements: Vec<&serde_json::Value> =
        steps.iter().flat_map(|step| step["statements"].as_array().unwrap()).collect();
    assert_eq!(statements.len(), 6);
    for statement in statements {
        assert_eq!(statement["wrong"], serde_json::json!([]), "{}", statement["sql"]);
    }
}

#[test]
fn what_a_step_sets_ends_with_it() {
    let database = cutover_testkit::database();
    let project = Project::new(CUTOVER, Some(&database.url()));
    let base = "CREATE SCHEMA app;\nCREATE TABLE app.a (id int);\nCREATE TABLE a (id int);\n\
        SET search_path = app;\nALTER TABLE a ADD COLUMN only_there int;";
    project.revision("0001", "base", base, "DROP SCHEMA app CASCADE; DROP TABLE a;");
    project.ok(&["upgrade"]);
    let upgrade = "SET search_path = app;\nALTER TABLE a ALTER COLUMN only_there TYPE bigint;\n\
        --@ sql\nALTER TABLE a ALTER COLUMN id TYPE bigint;";
    project.revision("0002", "0001", upgrade, "SELECT 1;");
    for options in [&["explain"][..], &["explain", "--trace"]] {
        let (document, _) = project.json(options);
        let steps = document["revisions"][0]["steps"].as_array().unwrap();
        assert_eq!(steps[0]["statements"][1]["rewrites"][0], "app.a", "{document}");
        assert_eq!(steps[1]["statements"][0]["rewrites"][0], "a", "{document}");
        if options.len() == 2 {
            assert_eq!(steps[0]["statements"][1]["wrong"], serde_json::json!([]));
            assert_eq!(steps[1]["statements"][0]["wrong"], serde_json::json!([]));
        }
    }
}

#[test]
fn an_open_transaction_is_named() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project = project(&url, "ALTER TABLE orders ADD COLUMN a int;");
    let psql = server().cluster().binaries().tool("psql");
    let mut holder = std::process::Command::new(psql)
        .args(["-XqAt", "-d", &url, "-c", "SELECT pg_sleep(6)"])
        .env("PGAPPNAME", "the report")
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1800));
    let text = project.ok(&["explain", "--against", &url]);
    let _ = holder.kill();
    let _ = holder.wait();
    assert!(text.contains("with the report, active): SELECT pg_sleep(6)"), "{text}");
}

#[test]
fn a_policy_refuses_what_is_not_accepted_until_there_is_a_reason() {
    let database = cutover_testkit::database();
    let url = database.url();
    let project =
        project(&url, "ALTER TABLE orders DROP COLUMN total;\nALTER TABLE orders ADD COLUMN b int;");
    let policy = "policy = { lock = \"short\", rewrite = \"never\", data_loss = \"never\" }";
    project.write("cutover.toml", &format!("[env.prod]\nurl = \"{url}\"\n{policy}\n"));
    let err = project.fails(&["upgrade", "--env", "prod"], 1);
    assert!(
        err.contains("0002_test.sql:7:1") && err.contains("the values of orders.total are lost"),
        "{err}"
    );
    assert!(err.contains("--@ allow policy-data-loss"), "{err}");
    assert_eq!(psql(server(), &url, "SELECT count(total) FROM orders").trim(), "20000");
    let allowed = "--@ allow policy-data-loss \"nobody reads it\"\nALTER TABLE orders DROP COLUMN total;";
    project.revision("0002", "0001", allowed, "SELECT 1;");
    project.ok(&["upgrade", "--env", "prod"]);
    project.revision("0003", "0002", "ALTER TABLE orders ALTER COLUMN id TYPE numeric;", "SELECT 1;");
    let err = project.fails(&["upgrade", "--env", "prod"], 1);
    assert!(err.contains("orders is written anew"), "{err}");
    // without the environment there is no policy
    project.ok(&["upgrade"]);
    project.write("cutover.toml", "policy = { lock = \"shrt\" }\n");
    let err = project.fails(&["upgrade"], 2);
    assert!(err.contains("any, short, none"), "{err}");
}
