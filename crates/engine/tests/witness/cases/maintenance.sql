-- setup
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE INDEX t_a ON t (a);
CREATE INDEX t_brin ON t USING brin (id);
CREATE TABLE clustered (id bigint PRIMARY KEY, a int);
INSERT INTO clustered SELECT g, g FROM generate_series(1, 5000) g;
ALTER TABLE clustered CLUSTER ON clustered_pkey;
CREATE TABLE r (id bigint PRIMARY KEY, a int);
INSERT INTO r SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE ref (id bigint PRIMARY KEY, r_id bigint REFERENCES r);
INSERT INTO ref SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
CREATE INDEX p_c ON p (c);
INSERT INTO p SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TABLE parent (id bigint PRIMARY KEY, c int);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
INSERT INTO child SELECT g, g FROM generate_series(1, 5000) g;
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT v.id, r.a FROM v JOIN r USING (id);
CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t;
CREATE UNIQUE INDEX m_id ON m (id);
CREATE TABLE target (id bigint, a int DEFAULT 1, b text);
ANALYZE;

-- case: TRUNCATE
-- statement
TRUNCATE t;

-- case: TRUNCATE of two
-- statement
TRUNCATE t, clustered;

-- case: TRUNCATE with CASCADE to who refers to it
-- statement
TRUNCATE r CASCADE;

-- case: TRUNCATE of a table with a foreign key
-- statement
TRUNCATE ref;

-- case: TRUNCATE of a parent of inheritance
-- statement
TRUNCATE parent;

-- case: TRUNCATE ONLY a parent of inheritance
-- statement
TRUNCATE ONLY parent;

-- case: CLUSTER USING
-- statement
CLUSTER t USING t_a;

-- case: CLUSTER of a table that was clustered before
-- statement
CLUSTER clustered;

-- case: CLUSTER of a partitioned table
-- versions: 15-
-- alone
-- statement
CLUSTER p USING p_c;

-- case: CLUSTER of a partition
-- statement
CLUSTER p1 USING p1_c_idx;

-- case: CLUSTER of all tables
-- alone
-- statement
CLUSTER;

-- case: VACUUM
-- alone
-- statement
VACUUM t;

-- case: VACUUM with dead rows
DELETE FROM t WHERE id % 2 = 0;
-- alone
-- statement
VACUUM t;

-- case: VACUUM ANALYZE
-- alone
-- statement
VACUUM (ANALYZE) t;

-- case: VACUUM FREEZE
-- alone
-- statement
VACUUM (FREEZE, INDEX_CLEANUP off, TRUNCATE off) t;

-- case: VACUUM of two
-- alone
-- statement
VACUUM t, r;

-- case: VACUUM of a partitioned table
-- alone
-- statement
VACUUM p;

-- case: VACUUM of a parent of inheritance
-- alone
-- statement
VACUUM parent;

-- case: VACUUM ONLY a parent of inheritance
-- versions: 18-
-- alone
-- statement
VACUUM ONLY parent;

-- case: VACUUM of all tables
-- alone
-- statement
VACUUM;

-- case: VACUUM FULL
-- alone
-- statement
VACUUM FULL t;

-- case: VACUUM FULL of a partitioned table
-- alone
-- statement
VACUUM FULL p;

-- case: VACUUM FULL ANALYZE
-- alone
-- statement
VACUUM (FULL, ANALYZE) clustered;

-- case: ANALYZE
-- statement
ANALYZE t;

-- case: ANALYZE of columns
-- statement
ANALYZE t (a, b);

-- case: ANALYZE of a partitioned table
-- statement
ANALYZE p;

-- case: ANALYZE of a parent of inheritance
-- statement
ANALYZE parent;

-- case: ANALYZE of two, verbose
-- statement
ANALYZE (VERBOSE) t, r;

-- case: LOCK TABLE
-- statement
LOCK TABLE t;

-- case: LOCK TABLE IN SHARE MODE
-- statement
LOCK TABLE t, r IN SHARE MODE;

-- case: LOCK TABLE IN ACCESS SHARE MODE
-- statement
LOCK TABLE t IN ACCESS SHARE MODE;

-- case: LOCK TABLE IN ROW SHARE MODE
-- statement
LOCK TABLE t IN ROW SHARE MODE;

-- case: LOCK TABLE IN ROW EXCLUSIVE MODE
-- statement
LOCK TABLE t IN ROW EXCLUSIVE MODE;

-- case: LOCK TABLE IN SHARE UPDATE EXCLUSIVE MODE
-- statement
LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE;

-- case: LOCK TABLE IN SHARE ROW EXCLUSIVE MODE
-- statement
LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE;

-- case: LOCK TABLE IN EXCLUSIVE MODE NOWAIT
-- statement
LOCK TABLE t IN EXCLUSIVE MODE NOWAIT;

-- case: LOCK TABLE of a partitioned table
-- statement
LOCK TABLE p IN SHARE MODE;

-- case: LOCK TABLE ONLY
-- statement
LOCK TABLE ONLY p IN SHARE MODE;

-- case: LOCK TABLE of a parent of inheritance
-- statement
LOCK TABLE parent IN SHARE MODE;

-- case: LOCK TABLE of a view
-- statement
LOCK TABLE w IN EXCLUSIVE MODE;

-- case: REFRESH MATERIALIZED VIEW
-- statement
REFRESH MATERIALIZED VIEW m;

-- case: COPY TO
-- statement
COPY t TO '/dev/null';

-- case: COPY TO of columns
-- statement
COPY t (id, a) TO '/dev/null' (FORMAT csv);

-- case: COPY TO of a query
-- statement
COPY (SELECT * FROM t WHERE id = 5) TO '/dev/null';

-- case: COPY TO of a query that writes
-- statement
COPY (DELETE FROM r WHERE id = 50000 RETURNING *) TO '/dev/null';

-- case: COPY TO of a materialized view by a query
-- statement
COPY (SELECT * FROM m) TO '/dev/null';

-- case: COPY TO a program
-- statement
COPY t TO PROGRAM 'cat > /dev/null';

-- case: COPY FROM
-- statement
COPY target FROM '/dev/null';

-- case: COPY FROM a program
-- statement
COPY target (id, b) FROM PROGRAM 'printf "1\tx\n2\ty\n"';

-- case: COPY FROM into a table with indexes
-- statement
COPY t (id, a) FROM PROGRAM 'printf "100001\t1\n"';

-- case: COPY FROM into a table with a foreign key
-- statement
COPY ref FROM PROGRAM 'printf "100001\t1\n"';

-- case: COPY FROM into a partitioned table
-- statement
COPY p FROM PROGRAM 'printf "1\t1\n"';

-- case: COPY FROM WHERE
-- statement
COPY target FROM '/dev/null' WHERE id > 5;

-- case: REINDEX TABLE
-- statement
REINDEX TABLE t;

-- case: REINDEX INDEX
-- statement
REINDEX INDEX t_a;

-- case: REINDEX DATABASE
-- versions: 16-
-- alone
-- statement
REINDEX DATABASE;

-- case: REINDEX DATABASE CONCURRENTLY
-- versions: 16-
-- alone
-- statement
REINDEX DATABASE CONCURRENTLY;

-- case: REINDEX TABLE of a system catalog
-- statement
REINDEX TABLE pg_description;

-- case: CHECKPOINT
-- statement
CHECKPOINT;

-- case: brin_summarize_new_values
-- statement
SELECT brin_summarize_new_values('t_brin');

-- case: a table's size
-- statement
SELECT pg_total_relation_size('t');
