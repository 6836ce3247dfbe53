//! A witness for `crates/sql/src/traits.rs`: what it says of a statement and a transaction is what
//! PostgreSQL says.
//!
//! One table of a setup and a statement. The expected side is Cutover's own classification; the
//! server is asked inside a transaction block, and for what it refuses there, once more alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use cutover_engine::server::Scratch;
use cutover_sql::span::Span;
use cutover_sql::statement::{Outside, Transaction, split};
use cutover_testkit::{server, server_18};

/// What the server runs first, and the statement in question.
type Case = (&'static str, &'static str);

/// `active_sql_transaction`: refused because of the transaction block.
const REFUSED: &str = "25001";
/// The statement ran.
const RAN: &str = "00000";
/// It was let in, and then found nobody at the publisher's address.
const NO_PUBLISHER: &str = "08006";

const INDEXED: &str = "CREATE TABLE t (id int NOT NULL); CREATE INDEX i ON t (id); CREATE INDEX j ON t (id)";
const PARTITIONED: &str = "CREATE TABLE p (id int NOT NULL) PARTITION BY RANGE (id); CREATE INDEX pi ON p (id); \
     CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE TABLE p2 (id int NOT NULL)";
const VIEWS: &str = "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id; CREATE UNIQUE INDEX ON m (id)";
const ENUM: &str = "CREATE TYPE e AS ENUM ('a'); CREATE TYPE c AS (x int)";
const TEMPORARY: &str = "CREATE TEMP TABLE temp_t (id int); CREATE INDEX temp_i ON temp_t (id)";
const IN_PLACE: &str = "SET allow_in_place_tablespaces = on";

/// A subscription `$name` that knows its slot, and never asked the publisher.
macro_rules! subscribed {
    ($name:literal, $then:literal) => {
        concat!(
            "CREATE SUBSCRIPTION ",
            $name,
            " CONNECTION 'host=/nowhere' PUBLICATION a, b WITH (connect = false);",
            $then
        )
    };
}

const INDEXES: &[Case] = &[
    (INDEXED, "CREATE INDEX CONCURRENTLY k ON t (id)"),
    (INDEXED, "CREATE UNIQUE INDEX CONCURRENTLY ON t (id)"),
    (INDEXED, "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (id)"),
    (TEMPORARY, "CREATE INDEX CONCURRENTLY ON temp_t (id)"),
    (INDEXED, "CREATE INDEX k ON t (id)"),
    (INDEXED, "CREATE UNIQUE INDEX IF NOT EXISTS k ON t (id)"),
    (PARTITIONED, "CREATE INDEX ON p (id)"),
    (PARTITIONED, "CREATE INDEX ON ONLY p (id)"),
    (INDEXED, "DROP INDEX CONCURRENTLY i"),
    (INDEXED, "DROP INDEX CONCURRENTLY IF EXISTS none"),
    (TEMPORARY, "DROP INDEX CONCURRENTLY temp_i"),
    (INDEXED, "DROP INDEX i"),
    (INDEXED, "DROP INDEX IF EXISTS i, j, none"),
    (PARTITIONED, "DROP INDEX pi"),
    (INDEXED, "ALTER INDEX i RENAME TO k"),
    (INDEXED, "ALTER INDEX i SET (fillfactor = 90)"),
    ("CREATE TABLE t (id int); CREATE UNIQUE INDEX u ON t (id)", "ALTER TABLE t ADD UNIQUE USING INDEX u"),
];

const REINDEXES: &[Case] = &[
    (INDEXED, "REINDEX INDEX CONCURRENTLY i"),
    (INDEXED, "REINDEX TABLE CONCURRENTLY t"),
    (INDEXED, "REINDEX (CONCURRENTLY) TABLE t"),
    (INDEXED, "REINDEX (VERBOSE, CONCURRENTLY on) INDEX i"),
    (INDEXED, "REINDEX (CONCURRENTLY off) TABLE CONCURRENTLY t"),
    (INDEXED, "REINDEX (CONCURRENTLY 1) TABLE t"),
    (TEMPORARY, "REINDEX TABLE CONCURRENTLY temp_t"),
    (PARTITIONED, "REINDEX TABLE CONCURRENTLY p"),
    (INDEXED, "REINDEX INDEX i"),
    (INDEXED, "REINDEX TABLE t"),
    (INDEXED, "REINDEX (VERBOSE) TABLE t"),
    (INDEXED, "REINDEX (CONCURRENTLY off) TABLE t"),
    (INDEXED, "REINDEX (CONCURRENTLY false) INDEX i"),
    (INDEXED, "REINDEX (CONCURRENTLY 0) INDEX i"),
    (INDEXED, "REINDEX (CONCURRENTLY, CONCURRENTLY off) INDEX i"),
    (PARTITIONED, "REINDEX TABLE p1"),
    (INDEXED, "REINDEX SCHEMA w"),
    (INDEXED, "REINDEX SCHEMA CONCURRENTLY w"),
    ("", "REINDEX DATABASE witness"),
    ("", "REINDEX DATABASE CONCURRENTLY witness"),
    ("", "REINDEX SYSTEM witness"),
    ("", "REINDEX (VERBOSE off) SYSTEM witness"),
];

const TABLES: &[Case] = &[
    (PARTITIONED, "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY"),
    (PARTITIONED, "ALTER TABLE IF EXISTS p DETACH PARTITION p1 CONCURRENTLY"),
    (PARTITIONED, "ALTER TABLE p DETACH PARTITION p1"),
    (PARTITIONED, "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (9) TO (19)"),
    (
        concat!(
            "CREATE TABLE p (id int) PARTITION BY RANGE (id);",
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);",
            // what an interrupted DETACH ... CONCURRENTLY leaves
            "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'p1'::regclass"
        ),
        "ALTER TABLE p DETACH PARTITION p1 FINALIZE",
    ),
    (INDEXED, "VACUUM"),
    (INDEXED, "VACUUM t"),
    (INDEXED, "VACUUM (FULL, ANALYZE) t"),
    (INDEXED, "VACUUM FULL t"),
    (INDEXED, "VACUUM ANALYZE t (id)"),
    (PARTITIONED, "VACUUM p"),
    (INDEXED, "ANALYZE"),
    (INDEXED, "ANALYZE VERBOSE t"),
    (INDEXED, "ANALYZE (SKIP_LOCKED) t (id)"),
    (PARTITIONED, "ANALYZE p"),
    (INDEXED, "CLUSTER"),
    (INDEXED, "CLUSTER VERBOSE"),
    (INDEXED, "CLUSTER t USING i"),
    ("CREATE TABLE t (id int); CREATE INDEX i ON t (id); CLUSTER t USING i", "CLUSTER t"),
    (VIEWS, "REFRESH MATERIALIZED VIEW m"),
    (VIEWS, "REFRESH MATERIALIZED VIEW CONCURRENTLY m"),
    (VIEWS, "REFRESH MATERIALIZED VIEW m WITH NO DATA"),
    (INDEXED, "ALTER TABLE t SET UNLOGGED"),
    (INDEXED, "ALTER TABLE t CLUSTER ON i, ADD COLUMN x text DEFAULT clock_timestamp()"),
    (INDEXED, "ALTER TABLE t SET TABLESPACE pg_default"),
    (INDEXED, "ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default NOWAIT"),
    (
        "CREATE TABLE t (id int, CONSTRAINT c CHECK (id > 0)); ALTER TABLE t ADD CONSTRAINT d CHECK (id > 1) NOT VALID",
        "ALTER TABLE t VALIDATE CONSTRAINT d",
    ),
    (INDEXED, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE"),
    (INDEXED, "TRUNCATE t RESTART IDENTITY"),
    (INDEXED, "COPY t TO STDOUT"),
    (INDEXED, "EXPLAIN ANALYZE DELETE FROM t"),
    ("", "CREATE TABLE made AS SELECT 1 AS x"),
    (INDEXED, "CREATE STATISTICS st (ndistinct) ON id, (id + 1) FROM t"),
];

const OTHERS: &[Case] = &[
    (ENUM, "ALTER TYPE e ADD VALUE 'b'"),
    (ENUM, "ALTER TYPE e ADD VALUE IF NOT EXISTS 'b' BEFORE 'a'"),
    (ENUM, "ALTER TYPE e RENAME VALUE 'a' TO 'b'"),
    (ENUM, "ALTER TYPE c ADD ATTRIBUTE y int"),
    ("", "CREATE EXTENSION IF NOT EXISTS plpgsql"),
    ("", "CREATE SCHEMA made"),
    ("CREATE SCHEMA going; CREATE TABLE going.t ()", "DROP SCHEMA going CASCADE"),
    ("", "CREATE ROLE witness_role"),
    ("", "ALTER ROLE CURRENT_USER SET work_mem = '8MB'"),
    ("", "GRANT CREATE ON SCHEMA w TO PUBLIC"),
    ("CREATE ROLE leaving", "DROP OWNED BY leaving"),
    ("", "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END"),
    ("CREATE PROCEDURE q() LANGUAGE sql AS 'SELECT 1'", "CALL q()"),
    ("", "DO $$ BEGIN PERFORM 1; END $$"),
    (
        "CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ev()",
    ),
    ("", "SET work_mem = '8MB'"),
    ("", "SET LOCAL work_mem = '8MB'"),
    ("", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
    ("", "RESET ALL"),
    ("", "CHECKPOINT"),
    ("", "NOTIFY witness"),
    ("", "LISTEN witness"),
    ("", "LOAD 'plpgsql'"),
    ("", "PREPARE one AS SELECT 1"),
    ("", "DECLARE cursor_w CURSOR WITH HOLD FOR SELECT 1"),
    ("", "DISCARD ALL"),
    ("", "DISCARD PLANS"),
    ("", "DISCARD SEQUENCES"),
    ("", "DISCARD TEMP"),
];

const CLUSTER_WIDE: &[Case] = &[
    ("", "CREATE DATABASE made_1"),
    ("", "CREATE DATABASE made_2 WITH TEMPLATE template0 ENCODING 'UTF8'"),
    ("CREATE DATABASE going_1", "DROP DATABASE going_1"),
    ("CREATE DATABASE going_2", "DROP DATABASE IF EXISTS going_2 WITH (FORCE)"),
    ("CREATE DATABASE moved_1", "ALTER DATABASE moved_1 SET TABLESPACE pg_default"),
    ("CREATE DATABASE moved_2", "ALTER DATABASE moved_2 WITH TABLESPACE = pg_default"),
    (
        "SET allow_in_place_tablespaces = on; CREATE TABLESPACE \"off\" LOCATION ''; CREATE DATABASE moved_3",
        "ALTER DATABASE moved_3 SET TABLESPACE \"off\"",
    ),
    ("CREATE DATABASE named_1", "ALTER DATABASE named_1 RENAME TO named_2"),
    ("", "ALTER DATABASE witness OWNER TO CURRENT_USER"),
    ("", "ALTER DATABASE witness CONNECTION LIMIT 40"),
    ("", "ALTER DATABASE witness WITH ALLOW_CONNECTIONS on"),
    ("", "ALTER DATABASE witness SET work_mem = '8MB'"),
    ("", "ALTER DATABASE witness RESET ALL"),
    ("", "ALTER DATABASE witness REFRESH COLLATION VERSION"),
    (IN_PLACE, "CREATE TABLESPACE space_1 LOCATION ''"),
    ("SET allow_in_place_tablespaces = on; CREATE TABLESPACE space_2 LOCATION ''", "DROP TABLESPACE space_2"),
    (IN_PLACE, "DROP TABLESPACE IF EXISTS space_3"),
    ("", "ALTER TABLESPACE pg_default SET (random_page_cost = 1.5)"),
    ("", "ALTER SYSTEM SET work_mem = '8MB'"),
    ("", "ALTER SYSTEM RESET work_mem"),
    ("", "ALTER SYSTEM RESET ALL"),
];

const SUBSCRIPTIONS: &[Case] = &[
    ("", "CREATE PUBLICATION pub FOR ALL TABLES"),
    ("", "CREATE SUBSCRIPTION s1 CONNECTION 'host=/nowhere' PUBLICATION a"),
    (
        "",
        "CREATE SUBSCRIPTION s2 CONNECTION 'host=/nowhere' PUBLICATION a WITH (create_slot, enabled = false)",
    ),
    ("", "CREATE SUBSCRIPTION s3 CONNECTION 'host=/nowhere' PUBLICATION a WITH (create_slot = on)"),
    ("", "CREATE SUBSCRIPTION s4 CONNECTION 'host=/nowhere' PUBLICATION a WITH (create_slot = false)"),
    ("", "CREATE SUBSCRIPTION s5 CONNECTION 'host=/nowhere' PUBLICATION a WITH (connect = false)"),
    (
        "",
        "CREATE SUBSCRIPTION s6 CONNECTION 'host=/nowhere' PUBLICATION a WITH (connect = off, slot_name = NONE)",
    ),
    (subscribed!("s7", "ALTER SUBSCRIPTION s7 ENABLE"), "ALTER SUBSCRIPTION s7 REFRESH PUBLICATION"),
    (
        subscribed!("s8", "ALTER SUBSCRIPTION s8 ENABLE"),
        "ALTER SUBSCRIPTION s8 REFRESH PUBLICATION WITH (copy_data = false)",
    ),
    (subscribed!("s9", "ALTER SUBSCRIPTION s9 ENABLE"), "ALTER SUBSCRIPTION s9 SET PUBLICATION c"),
    (subscribed!("s10", "ALTER SUBSCRIPTION s10 ENABLE"), "ALTER SUBSCRIPTION s10 ADD PUBLICATION c"),
    (subscribed!("s11", "ALTER SUBSCRIPTION s11 ENABLE"), "ALTER SUBSCRIPTION s11 DROP PUBLICATION b"),
    (
        subscribed!("s12", "ALTER SUBSCRIPTION s12 ENABLE"),
        "ALTER SUBSCRIPTION s12 SET PUBLICATION c WITH (refresh = true)",
    ),
    (subscribed!("s13", ""), "ALTER SUBSCRIPTION s13 SET PUBLICATION c WITH (refresh = false)"),
    (subscribed!("s14", ""), "ALTER SUBSCRIPTION s14 ADD PUBLICATION c WITH (refresh = off)"),
    (subscribed!("s15", ""), "ALTER SUBSCRIPTION s15 DROP PUBLICATION b WITH (refresh = false)"),
    (subscribed!("s16", ""), "ALTER SUBSCRIPTION s16 ENABLE"),
    (subscribed!("s17", ""), "ALTER SUBSCRIPTION s17 DISABLE"),
    (subscribed!("s18", ""), "ALTER SUBSCRIPTION s18 SET (slot_name = NONE)"),
    (subscribed!("s19", ""), "ALTER SUBSCRIPTION s19 SET (binary = true, synchronous_commit = off)"),
    (subscribed!("s20", ""), "ALTER SUBSCRIPTION s20 SKIP (lsn = NONE)"),
    (subscribed!("s21", ""), "ALTER SUBSCRIPTION s21 CONNECTION 'host=/elsewhere'"),
    (subscribed!("s22", ""), "ALTER SUBSCRIPTION s22 RENAME TO s23"),
    (subscribed!("s24", ""), "DROP SUBSCRIPTION s24"),
    (subscribed!("s25", ""), "DROP SUBSCRIPTION IF EXISTS s25"),
];

const SINCE_17: &[Case] = &[
    (subscribed!("n1", ""), "ALTER SUBSCRIPTION n1 SET (failover = true)"),
    (subscribed!("n2", ""), "ALTER SUBSCRIPTION n2 SET (binary = true, failover = false)"),
];

const SINCE_18: &[Case] = &[
    (subscribed!("n3", ""), "ALTER SUBSCRIPTION n3 SET (two_phase = false)"),
    (subscribed!("n4", ""), "ALTER SUBSCRIPTION n4 SET (two_phase = true)"),
    (INDEXED, "ALTER TABLE t ALTER COLUMN id DROP NOT NULL, ADD CONSTRAINT nn NOT NULL id NOT VALID"),
];

/// What no syntax tree can tell: it depends on the catalog, or on what a body does. Each with
/// what Cutover says (whether it can be inside) and the server's answer inside a transaction.
const NOT_IN_THE_TEXT: &[(Case, bool, &str)] = &[
    // the kind of the relation
    ((PARTITIONED, "REINDEX TABLE p"), true, REFUSED),
    ((PARTITIONED, "REINDEX INDEX pi"), true, REFUSED),
    ((PARTITIONED, "CLUSTER p USING pi"), true, REFUSED),
    // whether the subscription has a slot
    ((subscribed!("d1", "ALTER SUBSCRIPTION d1 SET (slot_name = NONE)"), "DROP SUBSCRIPTION d1"), false, RAN),
    (("", "DROP SUBSCRIPTION IF EXISTS none"), false, RAN),
    // a body that ends the transaction: invalid_transaction_termination
    (("", "DO $$ BEGIN COMMIT; END $$"), true, "2D000"),
    (("CREATE PROCEDURE q() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'", "CALL q()"), true, "2D000"),
];

/// Statements that begin or end a transaction are refused in a file; these two PostgreSQL
/// refuses in a transaction block as well.
const CONTROL: &[(&str, &str)] = &[
    ("BEGIN", RAN),
    ("START TRANSACTION", RAN),
    ("COMMIT", RAN),
    ("END", RAN),
    ("ROLLBACK", RAN),
    ("ABORT", RAN),
    ("SAVEPOINT s", RAN),
    ("PREPARE TRANSACTION 'witness'", RAN),
    ("COMMIT PREPARED 'witness'", REFUSED),
    ("ROLLBACK PREPARED 'witness'", REFUSED),
];

/// The SQLSTATE of a statement inside a transaction block, and alone after it.
struct Answer {
    inside: String,
    alone: String,
}

/// Cutover's word for a statement.
fn classified(sql: &str) -> Transaction {
    let statements = split(sql, Span::new(0, sql.len())).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let [one] = &statements[..] else { panic!("not one statement: {sql}") };
    one.traits.transaction.clone()
}

/// Which of the kinds of [`Outside`] it is; a new kind does not compile until it is here.
fn kind(outside: &Outside) -> &'static str {
    match outside {
        Outside::CreateIndexConcurrently { .. } => "create index concurrently",
        Outside::DropIndexConcurrently { .. } => "drop index concurrently",
        Outside::ReindexConcurrently { .. } => "reindex concurrently",
        Outside::Reindex { .. } => "reindex",
        Outside::DetachPartitionConcurrently { .. } => "detach partition concurrently",
        Outside::Vacuum => "vacuum",
        Outside::CreateDatabase { .. } => "create database",
        Outside::DropDatabase { .. } => "drop database",
        Outside::AlterDatabaseTablespace => "alter database set tablespace",
        Outside::CreateTablespace { .. } => "create tablespace",
        Outside::DropTablespace { .. } => "drop tablespace",
        Outside::AlterSystem => "alter system",
        Outside::Cluster => "cluster",
        Outside::Subscription { drop: false, .. } => "subscription",
        Outside::Subscription { drop: true, .. } => "drop subscription",
        Outside::Discard => "discard all",
    }
}

/// How many words [`kind`] knows.
const KINDS: usize = 16;

/// Asks the server about all cases in one session of psql.
fn ask(server: &Scratch, cases: &[Case]) -> Vec<Answer> {
    let mut script =
        String::from("DROP DATABASE IF EXISTS witness;\nCREATE DATABASE witness;\n\\c witness\n");
    for (setup, sql) in cases {
        let _ = write!(
            script,
            "\\set ON_ERROR_STOP on\nDROP SCHEMA IF EXISTS w CASCADE; DROP TABLE IF EXISTS pg_temp.temp_t;\n\
             CREATE SCHEMA w; SET search_path = w;\n{setup};\n\\set ON_ERROR_STOP off\n\
             BEGIN;\n{sql};\n\\echo '@inside' :SQLSTATE\nROLLBACK;\n\
             SET allow_in_place_tablespaces = on;\n{sql};\n\\echo '@alone' :SQLSTATE\n"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("witness.sql");
    std::fs::write(&file, script).unwrap();
    let psql = server.cluster().binaries().tool("psql");
    let output =
        Command::new(psql).args(["-Xq", "-d", &server.url("postgres"), "-f"]).arg(&file).output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let found = |mark: &str| -> Vec<String> {
        out.lines().filter_map(|l| l.strip_prefix(mark)).map(|code| code.trim().to_owned()).collect()
    };
    let (inside, alone) = (found("@inside"), found("@alone"));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(alone.len() == cases.len() && inside.len() == cases.len(), "psql stopped early:\n{err}");
    inside.into_iter().zip(alone).map(|(inside, alone)| Answer { inside, alone }).collect()
}

/// What is wrong with Cutover's word for a statement, after the server's answer.
fn disagreement(said: &Transaction, answer: &Answer) -> Option<String> {
    let lets_in = |code: &str| [RAN, NO_PUBLISHER].contains(&code);
    let Answer { inside, alone } = answer;
    match said {
        Transaction::Inside if lets_in(inside) => None,
        Transaction::Outside(_) if inside == REFUSED && lets_in(alone) => None,
        said => Some(format!("Cutover says {said:?}; the server: {inside} in a transaction, {alone} alone")),
    }
}

fn witness(server: &Scratch) {
    let mut cases = [INDEXES, REINDEXES, TABLES, OTHERS, CLUSTER_WIDE, SUBSCRIPTIONS].concat();
    for (major, since) in [(17, SINCE_17), (18, SINCE_18)] {
        if server.major() >= major {
            cases.extend_from_slice(since);
        }
    }
    let said: Vec<Transaction> = cases.iter().map(|(_, sql)| classified(sql)).collect();
    let kinds: BTreeSet<&str> = said
        .iter()
        .filter_map(|said| if let Transaction::Outside(outside) = said { Some(kind(outside)) } else { None })
        .collect();
    assert_eq!(kinds.len(), KINDS, "a kind without a case: {kinds:?}");
    let wrong: Vec<String> = ask(server, &cases)
        .iter()
        .zip(cases.iter().zip(&said))
        .filter_map(|(answer, ((_, sql), said))| {
            disagreement(said, answer).map(|why| format!("{sql}\n    {why}"))
        })
        .collect();
    assert!(wrong.is_empty(), "PostgreSQL {} disagrees:\n{}", server.major(), wrong.join("\n"));
    what_the_text_does_not_tell(server);
}

/// The known gaps, pinned on both sides: when one of them closes, this says so.
fn what_the_text_does_not_tell(server: &Scratch) {
    let cases: Vec<Case> = NOT_IN_THE_TEXT.iter().map(|(case, ..)| *case).collect();
    for (answer, ((_, sql), inside, code)) in ask(server, &cases).iter().zip(NOT_IN_THE_TEXT) {
        assert_eq!(classified(sql) == Transaction::Inside, *inside, "{sql}");
        assert_eq!(answer.inside, *code, "{sql}");
    }
    let cases: Vec<Case> = CONTROL.iter().map(|(sql, _)| ("", *sql)).collect();
    for (answer, (sql, code)) in ask(server, &cases).iter().zip(CONTROL) {
        assert!(matches!(classified(sql), Transaction::Control(_)), "{sql}");
        assert_eq!(answer.inside, *code, "{sql}");
    }
}

#[test]
fn the_default_server_agrees_with_every_classification() {
    witness(server());
}

#[test]
fn postgresql_18_agrees_with_every_classification() {
    if let Some(server) = server_18() {
        witness(server);
    }
}
