//! Every kind of key, with a statement that must touch each row once.

use super::stage::{Stage, servers};

/// Rows of each table: several batches of 700.
const ROWS: u32 = 5000;

/// A name, the columns of the key with their constraint, what makes the key of row i, and how the
/// directive names it.
const KEYS: &[(&str, &str, &str, &str)] = &[
    ("bigint", "id bigint PRIMARY KEY", "i", "id"),
    ("negative", "id integer PRIMARY KEY", "2500 - i", "id"),
    ("uuid", "id uuid PRIMARY KEY", "md5(i::text)::uuid", "id"),
    ("text", "id text PRIMARY KEY", "'it''s \\ ' || chr(65 + i % 50) || i", "id"),
    ("text in C", "id text COLLATE \"C\" PRIMARY KEY", "chr(65 + i % 60) || 'ä' || i", "id"),
    (
        "timestamptz",
        "id timestamptz PRIMARY KEY",
        "'2020-03-29'::timestamptz + i * interval '7 minutes 1 microsecond'",
        "id",
    ),
    ("timestamp", "id timestamp PRIMARY KEY", "'2020-03-29'::timestamp + i * interval '1 microsecond'", "id"),
    ("date", "id date PRIMARY KEY", "'4713-01-01 BC'::date + i * 300", "id"),
    ("numeric", "id numeric PRIMARY KEY", "(i - 2500) / 7.0", "id"),
    ("numeric with NaN", "id numeric(20, 5) PRIMARY KEY", "CASE i WHEN 1 THEN 'NaN' ELSE i / 3.0 END", "id"),
    ("double", "id float8 PRIMARY KEY", "CASE i WHEN 1 THEN 'Infinity' ELSE sqrt(i) END", "id"),
    ("bytea", "id bytea PRIMARY KEY", "decode(md5(i::text), 'hex')", "id"),
    ("interval", "id interval PRIMARY KEY", "i * interval '1 hour 1 second'", "id"),
    ("char", "id char(8) PRIMARY KEY", "i::text", "id"),
    ("boolean and int", "a boolean NOT NULL, b int NOT NULL, PRIMARY KEY (a, b)", "i % 2 = 0, i", "b, a"),
    (
        "composite",
        "a int NOT NULL, b text NOT NULL, c uuid NOT NULL, PRIMARY KEY (a, b, c)",
        "i % 3, 'b' || i % 7, md5(i::text)::uuid",
        "a, b, c",
    ),
    (
        "quoted",
        "\"The Id\" bigint NOT NULL, \"a\"\"b\" int NOT NULL, UNIQUE (\"a\"\"b\", \"The Id\")",
        "i, i % 5",
        "\"The Id\", \"a\"\"b\"",
    ),
    ("unique", "id bigint PRIMARY KEY, code text NOT NULL UNIQUE", "i, 'c' || i", "code"),
    (
        "enum",
        "a mood NOT NULL, b int NOT NULL, UNIQUE (b, a)",
        "(ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::mood, i",
        "a, b",
    ),
    ("domain", "id positive PRIMARY KEY", "i", "id"),
    ("inet", "id inet PRIMARY KEY", "'10.0.0.0'::inet + i", "id"),
];

#[test]
fn every_kind_of_key_touches_each_row_once() {
    for server in servers() {
        for (name, columns, values, key) in KEYS {
            let setup = format!(
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN positive AS bigint CHECK (value > 0); \
                 CREATE SCHEMA \"My Shop\"; \
                 CREATE TABLE \"My Shop\".\"T\" ({columns}, n int NOT NULL DEFAULT 0); \
                 INSERT INTO \"My Shop\".\"T\" SELECT {values} FROM generate_series(1, {ROWS}) AS i"
            );
            let backfill = format!(
                "--@ backfill \"My Shop\".\"T\" by {key} with batch = 700\nUPDATE \"My Shop\".\"T\" AS x SET n = n + 1;"
            );
            let stage = Stage::new(server, &setup, &backfill);
            stage.done();
            let found = stage.ask("SELECT n, count(*) FROM \"My Shop\".\"T\" GROUP BY n");
            assert_eq!(found, format!("1|{ROWS}"), "{name}");
        }
    }
}

#[test]
fn indexes_that_descend_or_have_another_collation_are_gone_along_in_their_order() {
    let setup = format!(
        "CREATE TABLE t (a int NOT NULL, b text NOT NULL, n int DEFAULT 0); \
         CREATE UNIQUE INDEX t_down ON t (a DESC, b COLLATE \"C\" DESC); \
         INSERT INTO t SELECT i % 10, chr(60 + i % 60) || i FROM generate_series(1, {ROWS}) AS i; ANALYZE t"
    );
    for server in servers() {
        let stage =
            Stage::new(server, &setup, "--@ backfill t by a, b with batch = 300\nUPDATE t SET n = n + 1;");
        stage.done();
        assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
    }
}

#[test]
fn a_session_that_writes_values_its_own_way_loses_nothing() {
    let setup = format!(
        "CREATE TABLE t (a timestamptz, b float8, c interval, d bytea, n int DEFAULT 0, PRIMARY KEY (a, b, c, d)); \
         INSERT INTO t SELECT '2020-01-31 12:00'::timestamptz + i % 400 * interval '1 day', 1 / (i + 0.1), i * interval '1 min', decode(md5(i::text), 'hex') \
         FROM generate_series(1, {ROWS}) AS i"
    );
    for server in servers() {
        let stage = Stage::new(
            server,
            &setup,
            "--@ backfill t by a, b, c, d with batch = 300\nUPDATE t SET n = n + 1;",
        );
        let name = stage.database.name().to_owned();
        for setting in [
            "datestyle = 'SQL, DMY'",
            "extra_float_digits = 0",
            "intervalstyle = 'iso_8601'",
            "bytea_output = 'escape'",
            "timezone = 'Asia/Kolkata'",
        ] {
            stage.ask(&format!("ALTER DATABASE \"{name}\" SET {setting}"));
        }
        stage.done();
        assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
    }
}

#[test]
fn partitions_are_gone_through_by_the_key_of_all() {
    let setup = format!(
        "CREATE TABLE t (id int, region text, n int DEFAULT 0, PRIMARY KEY (id, region)) PARTITION BY LIST (region); \
         CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a'); CREATE TABLE t_b PARTITION OF t DEFAULT; \
         INSERT INTO t SELECT i, chr(97 + i % 3) FROM generate_series(1, {ROWS}) AS i"
    );
    for server in servers() {
        let stage = Stage::new(
            server,
            &setup,
            "--@ backfill t by id, region with batch = 300, workers = 2\nUPDATE t SET n = n + 1;",
        );
        stage.done();
        assert_eq!(stage.ask("SELECT n, count(*) FROM t GROUP BY n"), format!("1|{ROWS}"));
    }
}

#[test]
fn deletes_and_inserts_run_in_batches_too() {
    let setup = format!(
        "CREATE TABLE a (id bigint PRIMARY KEY, old boolean); CREATE TABLE b (a bigint, name text); CREATE TABLE gone (a bigint PRIMARY KEY); \
         INSERT INTO a SELECT i, i % 3 = 0 FROM generate_series(1, {ROWS}) AS i; \
         INSERT INTO gone SELECT i FROM generate_series(1, {ROWS}, 5) AS i"
    );
    let backfill = "--@ backfill a by id with batch = 300\nINSERT INTO b (a, name)\nSELECT a.id, 'name ' || a.id -- all of them\nFROM a LEFT JOIN gone g ON g.a = a.id;\n\
         --@ backfill a by id with batch = 300\nDELETE FROM a USING gone WHERE gone.a = a.id OR a.old AND gone.a = a.id;";
    for server in servers() {
        let stage = Stage::new(server, &setup, backfill);
        stage.done();
        assert_eq!(stage.ask("SELECT count(*), count(DISTINCT a) FROM b"), format!("{ROWS}|{ROWS}"));
        assert_eq!(stage.ask("SELECT count(*) FROM a"), (ROWS - ROWS / 5).to_string());
        assert_eq!(stage.ask("SELECT count(*) FROM cutover.step WHERE kind = 'backfill'"), "2");
    }
}

#[test]
fn tables_of_no_row_and_one_row_are_done_at_once() {
    for rows in [0, 1, 1000, 1001] {
        let setup = format!(
            "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0); INSERT INTO t SELECT i FROM generate_series(1, {rows}) AS i"
        );
        for server in servers() {
            let stage =
                Stage::new(server, &setup, "--@ backfill t by id with workers = 3\nUPDATE t SET n = n + 1;");
            stage.done();
            assert_eq!(stage.ask("SELECT count(*) FROM t WHERE n = 1"), rows.to_string());
        }
    }
}

#[test]
fn by_ctid_every_row_is_found_though_rows_move_and_pages_are_empty() {
    let setup = "CREATE TABLE t (a text, b text, c int DEFAULT 0); \
         INSERT INTO t SELECT NULL, i::text FROM generate_series(1, 20000) AS i; \
         DELETE FROM t WHERE ctid < '(40,0)' OR b::int % 7 = 0; CREATE INDEX ON t (a)";
    for server in servers() {
        for with in ["batch = 500", "batch = 500, workers = 2, vacuum"] {
            let backfill = format!(
                "--@ backfill t by ctid with {with}\nUPDATE t SET a = upper(b), c = c + 1 WHERE a IS NULL;"
            );
            let stage = Stage::new(server, setup, &backfill);
            stage.ask("VACUUM t");
            let all = stage.ask("SELECT count(*) FROM t");
            stage.done();
            assert_eq!(stage.ask("SELECT count(*) FROM t WHERE a = b AND c = 1"), all);
        }
    }
}

#[test]
fn by_ctid_a_condition_that_stays_true_comes_to_an_end() {
    let setup = "CREATE TABLE t (a text, b text); INSERT INTO t SELECT NULL, NULLIF(i % 2, 0)::text FROM generate_series(1, 5000) AS i";
    let stage = Stage::new(
        servers()[0],
        setup,
        "--@ backfill t by ctid with batch = 500\nUPDATE t SET a = b WHERE a IS NULL;",
    );
    let told = stage.done();
    assert!(told.contains("rows of public.t still fit the condition"), "{told}");
    assert_eq!(stage.ask("SELECT count(*) FROM t WHERE a IS DISTINCT FROM b"), "0");
}
