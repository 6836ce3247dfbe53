-- setup
CREATE SCHEMA other;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, arr int[], r int4range);
INSERT INTO t SELECT g, g % 100, repeat('x', 40), ARRAY[g], int4range(g, g + 1) FROM generate_series(1, 5000) g;
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
CREATE TABLE unique_b (id bigint, b int UNIQUE);
INSERT INTO unique_b SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
CREATE INDEX p_c ON p (c);
INSERT INTO p SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TABLE parent (id bigint, c int);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child () INHERITS (parent);
CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;
CREATE UNIQUE INDEX m_id ON m (id);
CREATE FUNCTION own(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
CREATE TABLE looked (id bigint);
INSERT INTO looked SELECT g FROM generate_series(1, 5000) g;
CREATE FUNCTION looks(int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN (SELECT max(id) FROM public.looked WHERE id < 2); END';
ANALYZE;

-- case: CREATE INDEX
-- statement
CREATE INDEX z ON t (a, b);

-- case: CREATE INDEX IF NOT EXISTS that is there
-- statement
CREATE INDEX IF NOT EXISTS t_a ON t (a);

-- case: CREATE UNIQUE INDEX
-- statement
CREATE UNIQUE INDEX z ON t (id) INCLUDE (a);

-- case: CREATE INDEX on an expression
-- statement
CREATE INDEX z ON t (lower(b));

-- case: CREATE INDEX on a user's function
-- statement
CREATE INDEX z ON t (own(b));

-- case: CREATE INDEX, partial
-- statement
CREATE INDEX z ON t (a) WHERE a > 50;

-- case: CREATE INDEX, hash
-- statement
CREATE INDEX z ON t USING hash (b);

-- case: CREATE INDEX, BRIN
-- statement
CREATE INDEX z ON t USING brin (id);

-- case: CREATE INDEX, GIN
-- statement
CREATE INDEX z ON t USING gin (arr);

-- case: CREATE INDEX, GiST
-- statement
CREATE INDEX z ON t USING gist (r);

-- case: CREATE INDEX on a partitioned table
-- statement
CREATE INDEX z ON p (id);

-- case: CREATE INDEX on a partitioned table, ONLY
-- statement
CREATE INDEX z ON ONLY p (id);

-- case: CREATE INDEX on a partitioned table where a partition has it already
CREATE INDEX p1_id ON p1 (id);
-- statement
CREATE INDEX z ON p (id);

-- case: CREATE INDEX on a partition
-- statement
CREATE INDEX z ON p1 (id);

-- case: CREATE INDEX on a parent of inheritance
-- statement
CREATE INDEX z ON parent (id);

-- case: CREATE INDEX on a materialized view
-- statement
CREATE INDEX z ON m (a);

-- case: CREATE INDEX in another tablespace
-- statement
CREATE INDEX z ON t (a) TABLESPACE witness_space;

-- case: CREATE INDEX CONCURRENTLY
-- alone
-- statement
CREATE INDEX CONCURRENTLY z ON t (a, b);

-- case: CREATE UNIQUE INDEX CONCURRENTLY
-- alone
-- statement
CREATE UNIQUE INDEX CONCURRENTLY z ON t (id);

-- case: CREATE INDEX CONCURRENTLY IF NOT EXISTS that is there
-- alone
-- statement
CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);

-- case: CREATE INDEX CONCURRENTLY on an expression, partial
-- alone
-- statement
CREATE INDEX CONCURRENTLY z ON t (own(b)) WHERE a > 50;

-- case: CREATE INDEX CONCURRENTLY on a partition
-- alone
-- statement
CREATE INDEX CONCURRENTLY z ON p1 (id);

-- case: CREATE INDEX CONCURRENTLY on a materialized view
-- alone
-- statement
CREATE INDEX CONCURRENTLY z ON m (a);

-- case: CREATE INDEX CONCURRENTLY on a function that reads a table
-- alone
-- statement
CREATE INDEX CONCURRENTLY z ON t (looks(a));

-- case: DROP INDEX
-- statement
DROP INDEX t_a;

-- case: DROP INDEX IF EXISTS that is not there
-- statement
DROP INDEX IF EXISTS missing;

-- case: DROP INDEX of two
-- statement
DROP INDEX t_a, m_id;

-- case: DROP INDEX of a partitioned table
-- statement
DROP INDEX p_c;

-- case: DROP INDEX of one that a constraint of another table uses, with CASCADE
CREATE UNIQUE INDEX unique_id ON unique_b (id);
CREATE TABLE ref (id bigint REFERENCES unique_b (id));
-- statement
DROP INDEX unique_id CASCADE;

-- case: DROP INDEX CONCURRENTLY
-- alone
-- statement
DROP INDEX CONCURRENTLY t_a;

-- case: DROP INDEX CONCURRENTLY IF EXISTS that is not there
-- alone
-- statement
DROP INDEX CONCURRENTLY IF EXISTS missing;

-- case: DROP INDEX CONCURRENTLY of a materialized view
-- alone
-- statement
DROP INDEX CONCURRENTLY m_id;

-- case: ALTER INDEX RENAME
-- statement
ALTER INDEX t_a RENAME TO z;

-- case: ALTER INDEX IF EXISTS RENAME that is not there
-- statement
ALTER INDEX IF EXISTS missing RENAME TO z;

-- case: ALTER INDEX RENAME of a constraint's index
-- statement
ALTER INDEX t_pkey RENAME TO z;

-- case: ALTER TABLE RENAME of an index
-- statement
ALTER TABLE t_a RENAME TO z;

-- case: ALTER INDEX RENAME of a partitioned index
-- statement
ALTER INDEX p_c RENAME TO z;

-- case: ALTER INDEX ATTACH PARTITION
CREATE INDEX z ON ONLY p (id);
CREATE INDEX z1 ON p1 (id);
-- statement
ALTER INDEX z ATTACH PARTITION z1;

-- case: ALTER INDEX ATTACH PARTITION that is attached
-- statement
ALTER INDEX p_c ATTACH PARTITION p1_c_idx;

-- case: ALTER INDEX DEPENDS ON EXTENSION
-- statement
ALTER INDEX t_a DEPENDS ON EXTENSION plpgsql;

-- case: ALTER INDEX NO DEPENDS ON EXTENSION
-- versions: 13-
-- statement
ALTER INDEX t_a NO DEPENDS ON EXTENSION plpgsql;

-- case: ALTER INDEX OWNER, which does nothing
-- statement
ALTER INDEX t_a OWNER TO witness_owner;

-- case: ALTER INDEX OWNER through its table
-- statement
ALTER TABLE t OWNER TO witness_owner;

-- case: COMMENT ON INDEX
-- statement
COMMENT ON INDEX t_a IS 'a comment';

-- case: REINDEX INDEX
-- statement
REINDEX INDEX t_a;

-- case: REINDEX INDEX of a primary key
-- statement
REINDEX INDEX t_pkey;

-- case: REINDEX TABLE
-- statement
REINDEX TABLE t;

-- case: REINDEX TABLE without indexes
-- statement
REINDEX TABLE parent;

-- case: REINDEX TABLE of a materialized view
-- statement
REINDEX TABLE m;

-- case: REINDEX with a tablespace
-- versions: 14-
-- statement
REINDEX (TABLESPACE witness_space) INDEX t_a;

-- case: REINDEX INDEX CONCURRENTLY
-- alone
-- statement
REINDEX INDEX CONCURRENTLY t_a;

-- case: REINDEX INDEX CONCURRENTLY of a primary key
-- alone
-- statement
REINDEX INDEX CONCURRENTLY t_pkey;

-- case: REINDEX TABLE CONCURRENTLY
-- alone
-- statement
REINDEX TABLE CONCURRENTLY t;

-- case: REINDEX TABLE CONCURRENTLY of a partitioned table
-- alone
-- statement
REINDEX TABLE CONCURRENTLY p;

-- case: REINDEX INDEX of a partitioned index
-- versions: 14-
-- alone
-- statement
REINDEX INDEX p_c;

-- case: REINDEX TABLE of a partitioned table
-- alone
-- statement
REINDEX TABLE p;

-- case: REINDEX SCHEMA
CREATE TABLE other.o (id int PRIMARY KEY, a int UNIQUE);
INSERT INTO other.o SELECT g, g FROM generate_series(1, 5000) g;
-- alone
-- statement
REINDEX SCHEMA other;

-- case: REINDEX SCHEMA CONCURRENTLY
CREATE TABLE other.o (id int PRIMARY KEY, a int UNIQUE);
INSERT INTO other.o SELECT g, g FROM generate_series(1, 5000) g;
-- alone
-- statement
REINDEX SCHEMA CONCURRENTLY other;

-- case: ALTER TABLE ADD CONSTRAINT USING INDEX
CREATE UNIQUE INDEX u ON unique_b (id);
-- statement
ALTER TABLE unique_b ADD CONSTRAINT u UNIQUE USING INDEX u;

-- case: CREATE STATISTICS
-- statement
CREATE STATISTICS st (ndistinct) ON a, b FROM t;

-- case: CREATE STATISTICS on an expression
-- versions: 14-
-- statement
CREATE STATISTICS st ON (lower(b)) FROM t;

-- case: CREATE STATISTICS IF NOT EXISTS that is there
CREATE STATISTICS st ON a, b FROM t;
-- statement
CREATE STATISTICS IF NOT EXISTS st ON a, b FROM t;

-- case: ALTER STATISTICS
-- versions: 13-
CREATE STATISTICS st ON a, b FROM t;
-- statement
ALTER STATISTICS st SET STATISTICS 100;

-- case: ALTER STATISTICS RENAME
CREATE STATISTICS st ON a, b FROM t;
-- statement
ALTER STATISTICS st RENAME TO z;

-- case: ALTER STATISTICS OWNER
CREATE STATISTICS st ON a, b FROM t;
-- statement
ALTER STATISTICS st OWNER TO witness_owner;

-- case: ALTER STATISTICS SET SCHEMA
CREATE STATISTICS st ON a, b FROM t;
-- statement
ALTER STATISTICS st SET SCHEMA other;

-- case: COMMENT ON STATISTICS
CREATE STATISTICS st ON a, b FROM t;
-- statement
COMMENT ON STATISTICS st IS 'a comment';

-- case: DROP STATISTICS
CREATE STATISTICS st ON a, b FROM t;
-- statement
DROP STATISTICS st;

-- case: DROP STATISTICS IF EXISTS that is not there
-- statement
DROP STATISTICS IF EXISTS missing;
