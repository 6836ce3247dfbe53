//! The safe forms under load: 500,000 rows, clients that read and write all the time, and the naive form beside each
//! safe one, so that the test can fail.
//!
//! The safe form is the one that `cutover lint --fix` writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cutover_engine::connect::ConnParams;
use cutover_engine::server::ScratchDatabase;
use cutover_engine::session::Session;
use cutover_testkit::{Project, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// How long a lock is waited for, and so the longest that a client may be held up by our waiting.
const LOCK_TIMEOUT: Duration = Duration::from_millis(150);

/// What a busy machine with two cores adds to a request that nobody holds up.
const NOISE: Duration = Duration::from_millis(250);

/// The tables of all cases. The checks are slow, so that a scan under a lock is seen on any machine.
const TABLES: &str = "
CREATE FUNCTION slow(value int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN value >= 0; END';
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 50000) g;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, number int NOT NULL, note text,
    total int NOT NULL, code int);
INSERT INTO orders SELECT g, g % 50000 + 1, g, repeat(md5(g::text), 8), g % 1000, g FROM generate_series(1, 500000) g;
CREATE INDEX orders_total ON orders (total);
CREATE TABLE parts (id bigint NOT NULL, total int NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (500001);
INSERT INTO parts SELECT g, g % 1000 FROM generate_series(1, 500000) g;
CREATE MATERIALIZED VIEW by_customer AS SELECT customer_id, count(*), sum(total) FROM orders GROUP BY customer_id;
CREATE UNIQUE INDEX by_customer_key ON by_customer (customer_id);
";

/// A naive statement, what its clients read and write meanwhile, and whether it is long enough to be seen waiting.
struct Case {
    name: &'static str,
    naive: &'static str,
    read: &'static str,
    write: &'static str,
}

const READ: &str = "SELECT note FROM orders WHERE id = (SELECT 1 + (random() * 499999)::int)";
const WRITE: &str = "UPDATE orders SET total = total + 1 WHERE id = (SELECT 1 + (random() * 499999)::int)";

const CASES: &[Case] = &[
    Case {
        name: "index",
        naive: "CREATE INDEX orders_note ON orders (note, customer_id);",
        read: READ,
        write: WRITE,
    },
    Case {
        name: "unique",
        naive: "ALTER TABLE orders ADD CONSTRAINT orders_number UNIQUE (number, note);",
        read: READ,
        write: WRITE,
    },
    Case {
        name: "check",
        naive: "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (slow(total));",
        read: READ,
        write: WRITE,
    },
    Case {
        name: "foreign key",
        naive: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);",
        read: "SELECT name FROM customers WHERE id = (SELECT 1 + (random() * 49999)::int)",
        write: "UPDATE customers SET name = name || '.' WHERE id = (SELECT 1 + (random() * 49999)::int)",
    },
    Case {
        name: "not null",
        naive: "ALTER TABLE orders ALTER COLUMN code SET NOT NULL;",
        read: READ,
        write: WRITE,
    },
    Case { name: "reindex", naive: "REINDEX TABLE orders;", read: READ, write: WRITE },
    Case {
        name: "refresh",
        naive: "REFRESH MATERIALIZED VIEW by_customer;",
        read: "SELECT count FROM by_customer WHERE customer_id = (SELECT 1 + (random() * 49999)::int)",
        write: WRITE,
    },
];

/// A database with the tables, to be copied for each run.
fn template() -> ScratchDatabase {
    let database = cutover_testkit::database();
    let project = project(&database.url());
    project.ok(&["upgrade"]);
    cutover_testkit::psql(server(), &database.url(), "VACUUM ANALYZE");
    database
}

fn project(url: &str) -> Project {
    let project = Project::new(CUTOVER, Some(url));
    project.revision("0001", "base", TABLES, "DROP TABLE orders CASCADE;");
    project
}

/// What a client did: how many requests, and the longest of them.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    requests: usize,
    longest: Duration,
}

/// Sends a statement again and again until it is told to stop.
fn client(url: &str, statement: &str, stop: &AtomicBool) -> Load {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|e| panic!("{e}"));
    runtime.block_on(async {
        let params = ConnParams::parse(url, &|_| None).unwrap_or_else(|e| panic!("{e}"));
        let session = Session::open(&params).await.unwrap_or_else(|e| panic!("{e}"));
        let mut load = Load::default();
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            session.client().batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
            load.longest = load.longest.max(began.elapsed());
            load.requests += 1;
            // open enough for two cores
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        load
    })
}

/// Runs the second revision under load. Gives the longest wait of a reader and of a writer, and how long it took.
fn under_load(template: &ScratchDatabase, case: &Case, fix: bool) -> (Load, Load, Duration, String) {
    let database = server().create_blocking(Some(template.name())).unwrap_or_else(|e| panic!("{e}"));
    let url = database.url();
    let project = project(&url);
    project.revision("0002", "0001", case.naive, "SELECT 1;");
    if fix {
        let done = project.run(&["lint", "0002", "--fix"]);
        assert!(done.out.contains("fixed"), "{}: nothing was fixed:\n{}{}", case.name, done.out, done.err);
    }
    let file = std::fs::read_to_string(project.migrations().join("0002_test.sql")).unwrap_or_default();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| client(&url, case.read, &stop));
        let writer = scope.spawn(|| client(&url, case.write, &stop));
        std::thread::sleep(Duration::from_millis(200));
        let began = Instant::now();
        let timeout = format!("{}ms", LOCK_TIMEOUT.as_millis());
        let done = project.run(&["upgrade", "--lock-timeout", &timeout]);
        let took = began.elapsed();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(done.code, 0, "{}:\n{file}\n{}{}", case.name, done.out, done.err);
        let reader = reader.join().unwrap_or_else(|_| panic!("the reader is gone"));
        let writer = writer.join().unwrap_or_else(|_| panic!("the writer is gone"));
        (reader, writer, took, file)
    })
}

#[test]
fn nobody_waits_for_a_safe_form_and_somebody_for_the_naive_one() {
    let template = template();
    let wanted = std::env::var("CUTOVER_CASE").unwrap_or_default();
    let mut wrong = Vec::new();
    for case in CASES.iter().filter(|case| case.name.contains(&wanted)) {
        let (reader, writer, took, _) = under_load(&template, case, false);
        let naive = reader.longest.max(writer.longest);
        let (reader, writer, safe_took, file) = under_load(&template, case, true);
        let safe = reader.longest.max(writer.longest);
        let line = format!(
            "{}: naive {} ms of {} ms, safe {} ms of {} ms ({} requests)",
            case.name,
            naive.as_millis(),
            took.as_millis(),
            safe.as_millis(),
            safe_took.as_millis(),
            reader.requests + writer.requests
        );
        cutover_testkit::note(&line);
        // a machine that is slow for both says nothing of either
        if safe > LOCK_TIMEOUT + NOISE {
            wrong.push(format!("{line}: somebody waited for the safe form\n{file}"));
        }
        if naive < safe || naive < Duration::from_millis(60) {
            wrong.push(format!("{line}: nobody waited for the naive form"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
