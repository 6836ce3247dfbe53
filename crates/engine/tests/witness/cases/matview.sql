-- setup
CREATE SCHEMA other;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;
CREATE UNIQUE INDEX m_id ON m (id);
CREATE INDEX m_a ON m (a);
CREATE MATERIALIZED VIEW mm AS SELECT id FROM m;
CREATE MATERIALIZED VIEW empty AS SELECT id FROM t WITH NO DATA;
CREATE VIEW v AS SELECT id FROM m;
ANALYZE;

-- case: CREATE MATERIALIZED VIEW
-- statement
CREATE MATERIALIZED VIEW z AS SELECT id, a FROM t;

-- case: CREATE MATERIALIZED VIEW WITH NO DATA
-- statement
CREATE MATERIALIZED VIEW z AS SELECT id, a FROM t WITH NO DATA;

-- case: CREATE MATERIALIZED VIEW IF NOT EXISTS that is there
-- statement
CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT id, a FROM t;

-- case: REFRESH
-- statement
REFRESH MATERIALIZED VIEW m;

-- case: REFRESH CONCURRENTLY
-- statement
REFRESH MATERIALIZED VIEW CONCURRENTLY m;

-- case: REFRESH CONCURRENTLY with changes
UPDATE t SET a = a + 1;
-- statement
REFRESH MATERIALIZED VIEW CONCURRENTLY m;

-- case: REFRESH WITH NO DATA
-- statement
REFRESH MATERIALIZED VIEW m WITH NO DATA;

-- case: REFRESH of one without data
-- statement
REFRESH MATERIALIZED VIEW empty;

-- case: REFRESH of one that reads another
-- statement
REFRESH MATERIALIZED VIEW mm;

-- case: RENAME
-- statement
ALTER MATERIALIZED VIEW m RENAME TO z;

-- case: RENAME COLUMN
-- statement
ALTER MATERIALIZED VIEW m RENAME COLUMN a TO z;

-- case: SET SCHEMA
-- statement
ALTER MATERIALIZED VIEW m SET SCHEMA other;

-- case: OWNER TO
-- statement
ALTER MATERIALIZED VIEW m OWNER TO witness_owner;

-- case: SET fillfactor
-- statement
ALTER MATERIALIZED VIEW m SET (fillfactor = 80);

-- case: SET autovacuum_enabled
-- statement
ALTER MATERIALIZED VIEW m SET (autovacuum_enabled = false);

-- case: SET TABLESPACE
-- statement
ALTER MATERIALIZED VIEW m SET TABLESPACE witness_space;

-- case: ALL IN TABLESPACE
CREATE MATERIALIZED VIEW s TABLESPACE witness_space AS SELECT 1 AS one;
-- statement
ALTER MATERIALIZED VIEW ALL IN TABLESPACE witness_space SET TABLESPACE pg_default;

-- case: SET ACCESS METHOD
-- versions: 15-
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
-- statement
ALTER MATERIALIZED VIEW m SET ACCESS METHOD heap2;

-- case: SET STATISTICS of a column
-- statement
ALTER MATERIALIZED VIEW m ALTER COLUMN a SET STATISTICS 10;

-- case: SET STORAGE of a column
CREATE MATERIALIZED VIEW s AS SELECT b FROM t;
-- statement
ALTER MATERIALIZED VIEW s ALTER COLUMN b SET STORAGE MAIN;

-- case: CLUSTER ON
-- statement
ALTER MATERIALIZED VIEW m CLUSTER ON m_a;

-- case: DEPENDS ON EXTENSION
-- statement
ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION plpgsql;

-- case: COMMENT ON MATERIALIZED VIEW
-- statement
COMMENT ON MATERIALIZED VIEW m IS 'a comment';

-- case: DROP
-- statement
DROP MATERIALIZED VIEW mm;

-- case: DROP with CASCADE
-- statement
DROP MATERIALIZED VIEW m CASCADE;

-- case: DROP IF EXISTS that is not there
-- statement
DROP MATERIALIZED VIEW IF EXISTS missing;

-- case: SELECT
-- statement
SELECT * FROM m;

-- case: CLUSTER
-- statement
CLUSTER m USING m_a;

-- case: ANALYZE
-- statement
ANALYZE m;

-- case: VACUUM
-- alone
-- statement
VACUUM m;
