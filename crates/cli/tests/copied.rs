//! `cutover explain --trace --against`: what is copied from a live database, and what it is good for.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_engine::server::{Scratch, ScratchDatabase};
use cutover_testkit::{Project, psql, server, server_18};
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

const TABLES: &str = "
CREATE FUNCTION slow(value int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN value >= 0; END';
CREATE TABLE countries (code char(2) PRIMARY KEY, name text);
CREATE TABLE customers (id bigint PRIMARY KEY, country char(2) NOT NULL REFERENCES countries, \"Full name\" text);
CREATE TABLE products (shop int, no int, name text, PRIMARY KEY (shop, no));
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, shop int, product int,
    total int NOT NULL, doubled int GENERATED ALWAYS AS (total * 2) STORED, before bigint REFERENCES orders);
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) FROM orders GROUP BY customer_id;
INSERT INTO countries VALUES ('XX', 'what a revision brings along');";

const ROWS: &str = "
INSERT INTO countries SELECT chr(65 + g / 26) || chr(65 + g % 26), 'country ' || g FROM generate_series(0, 99) g;
INSERT INTO customers SELECT g, chr(65 + g % 100 / 26) || chr(65 + g % 100 % 26), 'O''Brien \\ ' || g || E'\\t'
    FROM generate_series(1, 12000) g;
INSERT INTO products SELECT g % 10, g, 'product ' || g FROM generate_series(0, 4999) g;
INSERT INTO orders (id, customer_id, shop, product, total, before)
    SELECT g, (g * 7919::bigint) % 12000 + 1, (g * 31 % 5000) % 10, g * 31 % 5000, g % 1000, nullif(g - 1, 0)
    FROM generate_series(1, 50000) g;
INSERT INTO events SELECT g, '2025-01-01'::date + g % 700, md5(g::text) FROM generate_series(1, 25000) g;";

const PLAN: &str = "
ALTER TABLE orders ADD CONSTRAINT orders_slow CHECK (slow(total));
ALTER TABLE orders ADD CONSTRAINT orders_product FOREIGN KEY (shop, product) REFERENCES products (shop, no);
CREATE INDEX orders_total ON orders (total);
ALTER TABLE events ALTER COLUMN id TYPE numeric;
ALTER TABLE customers ALTER COLUMN \"Full name\" SET NOT NULL;
--@ sql
UPDATE orders SET total = 1 WHERE total = 0;";

/// A live database that has the first revision and its rows, with a plan.
fn live(server: &Scratch) -> (ScratchDatabase, Project) {
    let database = server.create_blocking(None).unwrap();
    let project = Project::new(CUTOVER, Some(&database.url()));
    project.revision("0001", "base", TABLES, "DROP TABLE orders CASCADE;");
    project.ok(&["upgrade"]);
    psql(server, &database.url(), ROWS);
    psql(server, &database.url(), "VACUUM ANALYZE");
    project.revision("0002", "0001", PLAN, "SELECT 1;");
    (database, project)
}

fn explain(project: &Project, server: &Scratch, url: &str, options: &[&str]) -> Value {
    let mut args = vec!["explain", "--format", "json", "--trace", "--against", url];
    args.extend(options);
    // the scratch server is of the same version
    let bin = server.cluster().binaries().tool("postgres");
    let output = project.command(&args).env("CUTOVER_PG_BIN", bin.parent().unwrap()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

fn table<'v>(document: &'v Value, name: &str) -> &'v Value {
    let tables = document["copied"]["tables"].as_array().unwrap();
    tables.iter().find(|it| it["table"] == name).unwrap_or_else(|| panic!("{name} in {}", document["copied"]))
}

fn statements(document: &Value) -> Vec<&Value> {
    let steps = document["revisions"][0]["steps"].as_array().unwrap();
    steps.iter().flat_map(|step| step["statements"].as_array().unwrap()).collect()
}

fn rows_are_copied_with_what_they_refer_to(server: &Scratch) {
    let (database, project) = live(server);
    let url = database.url();
    let before = psql(server, &url, "SELECT sum(hashtext(o::text)) FROM orders o");
    let document = explain(&project, server, &url, &["--copy-rows", "1MB", "--copy-statistics"]);
    let bytes: u64 =
        document["copied"]["tables"].as_array().unwrap().iter().map(|it| it["bytes"].as_u64().unwrap()).sum();
    assert!((300_000..1_060_000).contains(&bytes), "{bytes}: {}", document["copied"]);
    assert_eq!(document["copied"]["left_out"], serde_json::json!([]));
    let orders = table(&document, "orders");
    assert_eq!(orders["whole"], false);
    let (rows, of) = (orders["rows"].as_u64().unwrap(), orders["of_rows"].as_f64().unwrap());
    assert!((1000..40_000).contains(&rows), "{orders}");
    assert!((of - 50_000.0).abs() < 3_000.0, "{orders}");
    // the customers of the orders are there although the plan has nothing to do with countries
    assert!(table(&document, "customers")["rows"].as_u64().unwrap() > 0);
    assert!(table(&document, "countries")["rows"].as_u64().unwrap() > 0);
    assert!(table(&document, "events")["rows"].as_u64().unwrap() > 500);
    let statements = statements(&document);
    for statement in &statements {
        assert_eq!(statement["wrong"], serde_json::json!([]), "{}", statement["sql"]);
    }
    // the check is slow for each row, so its time grows with them
    let check = &statements[0]["traced"];
    let (ms, share, all) =
        (check["ms"].as_f64().unwrap(), check["share"].as_f64().unwrap(), check["all_ms"].as_f64().unwrap());
    assert!((share - rows as f64 / of).abs() < 0.01 && share < 0.8, "{check}");
    assert!((all - ms / share).abs() < 0.01 * all, "{check}");
    assert!(statements[2]["traced"]["all_ms"].as_f64().unwrap() > 1.0, "{}", statements[2]);
    assert!(statements[3]["traced"]["share"].as_f64().unwrap() < 0.9, "{}", statements[3]);
    if server.major() >= 18 {
        assert!(document["copied"]["columns"].as_u64().unwrap() > 10, "{}", document["copied"]);
    }
    // nothing has happened there
    assert_eq!(psql(server, &url, "SELECT sum(hashtext(o::text)) FROM orders o"), before);
    assert_eq!(psql(server, &url, "SELECT count(*) FROM cutover.run"), "1");
}

#[test]
fn rows_are_copied_with_what_they_refer_to_on_the_installed_version() {
    rows_are_copied_with_what_they_refer_to(server());
}

#[test]
fn rows_are_copied_with_what_they_refer_to_on_18() {
    if let Some(server) = server_18() {
        rows_are_copied_with_what_they_refer_to(server);
    }
}

#[test]
fn a_small_database_is_copied_whole() {
    let (database, project) = live(server());
    let document = explain(&project, server(), &database.url(), &["--copy-rows", "1GB"]);
    assert_eq!(table(&document, "orders")["rows"], 50_000);
    assert_eq!(table(&document, "orders")["whole"], true);
    assert_eq!(table(&document, "events")["rows"], 25_000);
    assert_eq!(table(&document, "orders")["orphans"], 0);
    assert_eq!(statements(&document)[2]["traced"]["share"], 1.0);
    let text = project.ok(&["explain", "--trace", "--against", &database.url(), "--copy-rows", "1GB"]);
    assert!(text.contains("orders: 50000 rows, all of them"), "{text}");
    assert!(text.contains("with all rows"), "{text}");
}

#[test]
fn nothing_is_copied_unless_it_is_allowed() {
    let (database, project) = live(server());
    let url = database.url();
    let document = explain(&project, server(), &url, &[]);
    assert_eq!(document["copied"], Value::Null);
    assert_eq!(statements(&document)[0]["traced"]["share"], Value::Null);
    // an environment may allow it
    let trace = "trace = { statistics = true, rows = \"1MB\" }";
    project.write("cutover.toml", &format!("[env.prod]\nurl = \"{url}\"\n{trace}\n"));
    let document = explain(&project, server(), "prod", &[]);
    assert!(table(&document, "orders")["rows"].as_u64().unwrap() > 100);
    project.write("cutover.toml", "trace = { rows = 64 }\n");
    let err = project.fails(&["explain"], 2);
    assert!(err.contains("rows = \"64MB\""), "{err}");
    let err = project.fails(&["explain", "--copy-rows", "64MB"], 2);
    assert!(err.contains("--trace"), "{err}");
}

#[test]
fn statistics_alone_make_no_table_large() {
    let (database, project) = live(server());
    let document = explain(&project, server(), &database.url(), &["--copy-statistics"]);
    assert_eq!(document["copied"]["tables"], serde_json::json!([]));
    let sizes = document["copied"]["sizes"].as_array().unwrap();
    assert!(sizes.contains(&Value::from("orders")), "{sizes:?}");
    for statement in statements(&document) {
        assert_eq!(statement["wrong"], serde_json::json!([]), "{}", statement["sql"]);
    }
}

#[test]
fn what_may_not_be_read_is_told() {
    let (database, project) = live(server());
    let url = database.url();
    psql(
        server(),
        &url,
        "DO $$ BEGIN CREATE ROLE half_blind LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; \
         GRANT SELECT ON ALL TABLES IN SCHEMA public, cutover TO half_blind; GRANT USAGE ON SCHEMA cutover TO half_blind; \
         REVOKE SELECT ON orders FROM half_blind",
    );
    let poor = url.replace("user=postgres", "user=half_blind");
    let document = explain(&project, server(), &poor, &["--copy-rows", "1MB"]);
    let left = &document["copied"]["left_out"];
    assert_eq!(left[0][0], "orders", "{left}");
    assert!(left[0][1].as_str().unwrap().contains("permission denied"), "{left}");
    // the rows that nobody is allowed to see are no reason to fail
    assert!(table(&document, "events")["rows"].as_u64().unwrap() > 100);
}
