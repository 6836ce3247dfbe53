//! What is refused: with the file, the line and the next step, and with nothing done.

use super::stage::{Stage, servers};

const SETUP: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a text, b text NOT NULL, c int NOT NULL, n int); \
     CREATE UNIQUE INDEX t_a ON t (a); CREATE UNIQUE INDEX t_mixed ON t (b, c DESC); \
     CREATE UNIQUE INDEX t_pattern ON t (b text_pattern_ops); CREATE UNIQUE INDEX t_part ON t (c) WHERE c > 0; \
     CREATE VIEW v AS SELECT * FROM t; CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child () INHERITS (parent); \
     CREATE TABLE parts (id int PRIMARY KEY, n int) PARTITION BY RANGE (id); \
     CREATE AGGREGATE my_sum (int) (SFUNC = int4pl, STYPE = int); \
     INSERT INTO t SELECT i, i, i, i, 0 FROM generate_series(1, 2000) AS i";

#[test]
fn what_cannot_run_in_batches_is_refused_with_the_next_step() {
    for (backfill, message, help) in [
        ("--@ backfill t by id\nUPDATE t SET id = id + 1;", "the statement sets id", "another unique key"),
        (
            "--@ backfill t by id\nUPDATE t SET n = (SELECT max(n) FROM t);",
            "reads t a second time",
            "new column",
        ),
        ("--@ backfill t by ctid\nUPDATE t SET n = n + 1;", "by ctid, a row that is done", "IS NULL"),
        (
            "--@ backfill t by id\nINSERT INTO v SELECT id FROM t GROUP BY id;",
            "GROUP BY looks at all rows",
            "--@ sql",
        ),
        (
            "--@ backfill missing by id\nUPDATE missing SET n = 1;",
            "there is no table missing",
            "earlier revision",
        ),
        ("--@ backfill t by n\nUPDATE t SET a = 'x';", "no unique index on exactly (n)", "by id"),
        ("--@ backfill t by a\nUPDATE t SET n = 1;", "a may be NULL", "by id"),
        (
            "--@ backfill t by b, c\nUPDATE t SET n = 1;",
            "some of its columns ascend and some descend",
            "by id",
        ),
        ("--@ backfill t by b\nUPDATE t SET n = 1;", "another order", "by id"),
        ("--@ backfill t by c\nUPDATE t SET n = 1;", "no unique index on exactly (c)", "by id"),
        ("--@ backfill v by id\nUPDATE v SET n = 1;", "public.v is a view", "table behind it"),
        ("--@ backfill parent by id\nDELETE FROM parent;", "tables inherit from", "ONLY"),
        ("--@ backfill parts by ctid\nDELETE FROM parts;", "has partitions", "each partition"),
        (
            "--@ backfill t by id\nINSERT INTO parts SELECT my_sum(c), 1 FROM t;",
            "my_sum is an aggregate",
            "--@ sql",
        ),
        ("--@ backfill t by id\nUPDATE t SET n = missing;", "column \"missing\" does not exist", ""),
    ] {
        let stage = Stage::new(servers()[0], SETUP, backfill);
        let before = stage.ask("SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM t");
        let failed = stage.upgrade();
        assert_ne!(failed.code, 0, "{backfill}");
        let flat = failed.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(message), "{backfill}:\n{}", failed.err);
        assert!(flat.contains(help), "{backfill}:\n{}", failed.err);
        assert!(failed.err.contains("0001_test.sql:8:"), "{backfill}:\n{}", failed.err);
        assert_eq!(stage.ask("SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM t"), before);
    }
}
