//! Random tables, keys and statements: in batches they end as the whole statement does.

use cutover_testkit::psql;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::stage::{Stage, servers};

/// How many; `CUTOVER_RANDOM=500` makes it try that many.
fn rounds() -> u64 {
    std::env::var("CUTOVER_RANDOM").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

fn seed() -> u64 {
    std::env::var("CUTOVER_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(20_261_121)
}

/// Types of a key's columns with a value made of `i`.
const TYPES: [(&str, &str); 9] = [
    ("int", "i % {m}"),
    ("bigint", "-(i % {m})"),
    ("text", "chr(60 + i % {m}) || ' x'"),
    ("text COLLATE \"C\"", "chr(60 + (i * 7) % {m})"),
    ("uuid", "md5((i % {m})::text)::uuid"),
    ("numeric", "(i % {m}) / 3.0"),
    ("timestamptz", "'2024-03-31 01:59'::timestamptz + i % {m} * interval '13 min'"),
    ("date", "'2000-01-01'::date + (i % {m})::int"),
    ("boolean", "i % {m} > {m} / 2"),
];

/// Statements over `t (.., n, a, b)` and `u (t_n, v)`; not all of them idempotent.
const STATEMENTS: [&str; 8] = [
    "UPDATE t SET n = n + 1",
    "UPDATE t AS x SET a = x.b, n = n * 2 WHERE x.b > 20 OR x.n % 3 = 0",
    "UPDATE t SET n = n + v FROM u WHERE u.t_n = t.serial",
    "UPDATE t SET (a, n) = (SELECT max(v), count(*) + t.n FROM u WHERE u.t_n >= t.serial AND u.t_n < t.serial + 5)",
    "WITH w AS (SELECT avg(v) AS m FROM u) UPDATE ONLY t SET n = n + m::int FROM w",
    "DELETE FROM t WHERE b % 4 = 1",
    "DELETE FROM t USING u WHERE u.t_n = t.serial AND u.v > 40",
    "INSERT INTO made (n, b) SELECT t.n + u.v, t.b FROM t JOIN u ON u.t_n = t.serial WHERE t.b > 3",
];

struct Case {
    setup: String,
    key: Vec<String>,
    statement: &'static str,
    options: String,
}

fn case(random: &mut StdRng) -> Case {
    let rows = random.random_range(1001..6000);
    let width = random.random_range(1..4);
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for at in 0..width {
        let (data_type, value) = TYPES[random.random_range(0..TYPES.len())];
        let modulus: u32 = random.random_range(2..40);
        columns.push(format!("\"K {at}\" {data_type} NOT NULL"));
        values.push(value.replace("{m}", &modulus.to_string()));
    }
    // whatever the others are, the last makes it unique
    columns.push("last int NOT NULL".into());
    values.push(["i", "-i", "i * 3 % 100003"][random.random_range(0..3)].into());
    let mut key: Vec<String> = (0..width).map(|at| format!("\"K {at}\"")).chain(["last".into()]).collect();
    let down = if random.random_bool(0.2) { " DESC" } else { "" };
    let index: Vec<String> = key.iter().map(|name| format!("{name}{down}")).collect();
    let analyze = if random.random_bool(0.5) { "ANALYZE t;" } else { "" };
    let setup = format!(
        "CREATE TABLE t ({}, serial int, n int, a int, b int); CREATE TABLE u (t_n int UNIQUE, v int); CREATE TABLE made (n int, b int); \
         INSERT INTO t SELECT {}, i, i % 10, NULL, i % 50 FROM generate_series(1, {rows}) AS i; \
         INSERT INTO u SELECT i, i % 60 FROM generate_series(1, {rows}, 3) AS i; \
         DELETE FROM t WHERE serial % 11 = 0; CREATE UNIQUE INDEX t_key ON t ({}); {analyze}",
        columns.join(", "),
        values.join(", "),
        index.join(", "),
    );
    if random.random_bool(0.3) {
        key.reverse();
    }
    let batch = random.random_range(1..800);
    let workers = random.random_range(1..4);
    let options =
        format!("with batch = {batch}, workers = {workers}, time = {}ms", random.random_range(20..200));
    Case { setup, key, statement: STATEMENTS[random.random_range(0..STATEMENTS.len())], options }
}

#[test]
fn in_batches_it_ends_as_the_whole_statement_does() {
    const ALL: &str = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM t; \
         SELECT md5(string_agg(made::text, ',' ORDER BY made::text)) FROM made";
    let servers = servers();
    for round in 0..rounds() {
        let seed = seed() + round;
        let case = case(&mut StdRng::seed_from_u64(seed));
        let server = servers[round as usize % servers.len()];
        let backfill =
            format!("--@ backfill t by {} {}\n{};", case.key.join(", "), case.options, case.statement);
        let stage = Stage::new(server, &case.setup, &backfill);
        let whole = server.create_blocking(None).unwrap();
        psql(server, &whole.url(), &format!("{}; {};", case.setup, case.statement));
        stage.done();
        let expected = psql(server, &whole.url(), ALL);
        assert_eq!(stage.ask(ALL), expected, "seed {seed}:\n{}\n{backfill}", case.setup);
    }
}
