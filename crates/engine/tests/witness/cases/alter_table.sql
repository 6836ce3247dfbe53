-- setup
CREATE SCHEMA other;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, s serial);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
CREATE UNIQUE INDEX t_unique ON t (s);
ALTER TABLE t ALTER COLUMN s SET NOT NULL;
CREATE TABLE plain (id bigint, a int);
INSERT INTO plain SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE toasted (id bigint, a text);
INSERT INTO toasted SELECT g, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE UNLOGGED TABLE u (id bigint PRIMARY KEY, b text);
INSERT INTO u SELECT g, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE parent (id bigint, c int);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child () INHERITS (parent);
INSERT INTO child SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE orphan (id bigint, c int);
INSERT INTO orphan SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
CREATE INDEX p_c ON p (c);
INSERT INTO p SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TYPE composite AS (id bigint, c int);
CREATE TABLE typed OF composite;
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noop();
CREATE TRIGGER ptg AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION noop();
CREATE RULE ru AS ON DELETE TO t WHERE false DO NOTHING;
CREATE VIEW v AS SELECT id, a FROM t;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE ft (id bigint, c int) SERVER nowhere;
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
ANALYZE;

-- case: RENAME TO
-- statement
ALTER TABLE t RENAME TO z;

-- case: RENAME TO, IF EXISTS that is not there
-- statement
ALTER TABLE IF EXISTS missing RENAME TO z;

-- case: RENAME TO of a partitioned table
-- statement
ALTER TABLE p RENAME TO z;

-- case: RENAME TO of a partition
-- statement
ALTER TABLE p1 RENAME TO z;

-- case: RENAME TO of a foreign table
-- statement
ALTER FOREIGN TABLE ft RENAME TO z;

-- case: SET SCHEMA
-- statement
ALTER TABLE t SET SCHEMA other;

-- case: SET SCHEMA of a partitioned table
-- statement
ALTER TABLE p SET SCHEMA other;

-- case: SET SCHEMA of a parent of inheritance
-- statement
ALTER TABLE parent SET SCHEMA other;

-- case: SET SCHEMA of a foreign table
-- statement
ALTER FOREIGN TABLE ft SET SCHEMA other;

-- case: OWNER TO
-- statement
ALTER TABLE t OWNER TO witness_owner;

-- case: OWNER TO the one it has
-- statement
ALTER TABLE t OWNER TO CURRENT_USER;

-- case: OWNER TO of a partitioned table
-- statement
ALTER TABLE p OWNER TO witness_owner;

-- case: OWNER TO of a foreign table
-- statement
ALTER FOREIGN TABLE ft OWNER TO witness_owner;

-- case: CLUSTER ON
-- statement
ALTER TABLE t CLUSTER ON t_a;

-- case: SET WITHOUT CLUSTER
ALTER TABLE t CLUSTER ON t_a;
-- statement
ALTER TABLE t SET WITHOUT CLUSTER;

-- case: SET LOGGED
-- statement
ALTER TABLE u SET LOGGED;

-- case: SET LOGGED where it is
-- statement
ALTER TABLE t SET LOGGED;

-- case: SET UNLOGGED
-- statement
ALTER TABLE t SET UNLOGGED;

-- case: SET UNLOGGED where it is
-- statement
ALTER TABLE u SET UNLOGGED;

-- case: SET WITHOUT OIDS
-- statement
ALTER TABLE t SET WITHOUT OIDS;

-- case: SET ACCESS METHOD
-- versions: 15-
-- statement
ALTER TABLE t SET ACCESS METHOD heap2;

-- case: SET ACCESS METHOD that it has
-- versions: 15-
-- statement
ALTER TABLE t SET ACCESS METHOD heap;

-- case: SET ACCESS METHOD of a partitioned table
-- versions: 17-
-- statement
ALTER TABLE p SET ACCESS METHOD heap2;

-- case: SET TABLESPACE
-- statement
ALTER TABLE t SET TABLESPACE witness_space;

-- case: SET TABLESPACE that it has
-- statement
ALTER TABLE t SET TABLESPACE pg_default;

-- case: SET TABLESPACE of a partitioned table
-- statement
ALTER TABLE p SET TABLESPACE witness_space;

-- case: SET TABLESPACE of an index
-- statement
ALTER INDEX t_a SET TABLESPACE witness_space;

-- case: SET TABLESPACE of a partitioned index
-- statement
ALTER INDEX p_c SET TABLESPACE witness_space;

-- case: ALL IN TABLESPACE
CREATE TABLE in_space (id int) TABLESPACE witness_space;
-- statement
ALTER TABLE ALL IN TABLESPACE witness_space SET TABLESPACE pg_default;

-- case: indexes ALL IN TABLESPACE
CREATE INDEX in_space ON t (id) TABLESPACE witness_space;
-- statement
ALTER INDEX ALL IN TABLESPACE witness_space SET TABLESPACE pg_default;

-- case: SET fillfactor
-- statement
ALTER TABLE t SET (fillfactor = 80);

-- case: SET autovacuum parameters
-- statement
ALTER TABLE t SET (autovacuum_vacuum_scale_factor = 0.1, autovacuum_enabled = true);

-- case: SET toast parameters
-- statement
ALTER TABLE toasted SET (toast.autovacuum_enabled = false);

-- case: SET toast_tuple_target
-- statement
ALTER TABLE toasted SET (toast_tuple_target = 4000);

-- case: SET parallel_workers
-- statement
ALTER TABLE t SET (parallel_workers = 4);

-- case: SET user_catalog_table
-- statement
ALTER TABLE t SET (user_catalog_table = true);

-- case: SET vacuum_index_cleanup and vacuum_truncate
-- statement
ALTER TABLE t SET (vacuum_index_cleanup = off, vacuum_truncate = off);

-- case: SET log_autovacuum_min_duration
-- statement
ALTER TABLE t SET (log_autovacuum_min_duration = 100);

-- case: RESET of a storage parameter
ALTER TABLE t SET (fillfactor = 80);
-- statement
ALTER TABLE t RESET (fillfactor);

-- case: RESET of autovacuum parameters
-- statement
ALTER TABLE t RESET (autovacuum_vacuum_scale_factor);

-- case: SET of an index: fillfactor
-- statement
ALTER INDEX t_a SET (fillfactor = 80);

-- case: SET of an index: deduplicate_items
-- versions: 13-
-- statement
ALTER INDEX t_a SET (deduplicate_items = off);

-- case: SET of an index: GIN fastupdate
CREATE TABLE g (id int, a int[]);
CREATE INDEX g_a ON g USING gin (a);
-- statement
ALTER INDEX g_a SET (fastupdate = off);

-- case: SET of an index: GiST buffering
CREATE TABLE g (id int, a int4range);
CREATE INDEX g_a ON g USING gist (a);
-- statement
ALTER INDEX g_a SET (buffering = on);

-- case: SET of an index: BRIN pages_per_range
CREATE INDEX t_brin ON t USING brin (id);
-- statement
ALTER INDEX t_brin SET (pages_per_range = 64);

-- case: SET of an index: BRIN autosummarize
CREATE INDEX t_brin ON t USING brin (id);
-- statement
ALTER INDEX t_brin SET (autosummarize = on);

-- case: RESET of an index
-- statement
ALTER INDEX t_a RESET (fillfactor);

-- case: SET of a view: security_barrier
-- statement
ALTER VIEW v SET (security_barrier = true);

-- case: SET of a view by ALTER TABLE
-- versions: 15-
-- statement
ALTER TABLE v SET (security_invoker = true);

-- case: ENABLE TRIGGER
-- statement
ALTER TABLE t ENABLE TRIGGER tg;

-- case: DISABLE TRIGGER
-- statement
ALTER TABLE t DISABLE TRIGGER tg;

-- case: ENABLE ALWAYS TRIGGER
-- statement
ALTER TABLE t ENABLE ALWAYS TRIGGER tg;

-- case: ENABLE REPLICA TRIGGER
-- statement
ALTER TABLE t ENABLE REPLICA TRIGGER tg;

-- case: ENABLE TRIGGER ALL
-- statement
ALTER TABLE t ENABLE TRIGGER ALL;

-- case: DISABLE TRIGGER ALL
-- statement
ALTER TABLE t DISABLE TRIGGER ALL;

-- case: ENABLE TRIGGER USER
-- statement
ALTER TABLE t ENABLE TRIGGER USER;

-- case: DISABLE TRIGGER USER
-- statement
ALTER TABLE t DISABLE TRIGGER USER;

-- case: DISABLE TRIGGER of a partitioned table
-- statement
ALTER TABLE p DISABLE TRIGGER ptg;

-- case: DISABLE TRIGGER of a partition
-- statement
ALTER TABLE p1 DISABLE TRIGGER ptg;

-- case: DISABLE TRIGGER of a partitioned table, ONLY
-- statement
ALTER TABLE ONLY p DISABLE TRIGGER ptg;

-- case: ENABLE RULE
-- statement
ALTER TABLE t ENABLE RULE ru;

-- case: DISABLE RULE
-- statement
ALTER TABLE t DISABLE RULE ru;

-- case: ENABLE ALWAYS RULE
-- statement
ALTER TABLE t ENABLE ALWAYS RULE ru;

-- case: ENABLE REPLICA RULE
-- statement
ALTER TABLE t ENABLE REPLICA RULE ru;

-- case: INHERIT
-- statement
ALTER TABLE orphan INHERIT parent;

-- case: NO INHERIT
-- statement
ALTER TABLE child NO INHERIT parent;

-- case: OF
-- statement
ALTER TABLE orphan OF composite;

-- case: NOT OF
-- statement
ALTER TABLE typed NOT OF;

-- case: REPLICA IDENTITY FULL
-- statement
ALTER TABLE t REPLICA IDENTITY FULL;

-- case: REPLICA IDENTITY NOTHING
-- statement
ALTER TABLE t REPLICA IDENTITY NOTHING;

-- case: REPLICA IDENTITY DEFAULT
-- statement
ALTER TABLE t REPLICA IDENTITY DEFAULT;

-- case: REPLICA IDENTITY USING INDEX
-- statement
ALTER TABLE t REPLICA IDENTITY USING INDEX t_unique;

-- case: ENABLE ROW LEVEL SECURITY
-- statement
ALTER TABLE t ENABLE ROW LEVEL SECURITY;

-- case: DISABLE ROW LEVEL SECURITY
-- statement
ALTER TABLE t DISABLE ROW LEVEL SECURITY;

-- case: FORCE ROW LEVEL SECURITY
-- statement
ALTER TABLE t FORCE ROW LEVEL SECURITY;

-- case: NO FORCE ROW LEVEL SECURITY
-- statement
ALTER TABLE t NO FORCE ROW LEVEL SECURITY;

-- case: OPTIONS of a foreign table
-- statement
ALTER FOREIGN TABLE ft OPTIONS (ADD a '1');

-- case: a weak and a strong subcommand together
-- statement
ALTER TABLE t SET (fillfactor = 80), ALTER COLUMN a SET STATISTICS 10, ADD COLUMN z int;

-- case: two weak subcommands of different locks
-- statement
ALTER TABLE t SET (fillfactor = 80), DISABLE TRIGGER tg;

-- case: a parent of inheritance: SET fillfactor does not go to the children
-- statement
ALTER TABLE parent SET (fillfactor = 80);

-- case: a parent of inheritance: RENAME
-- statement
ALTER TABLE parent RENAME TO z;

-- case: DROP TABLE
-- statement
DROP TABLE t CASCADE;

-- case: DROP TABLE IF EXISTS that is not there
-- statement
DROP TABLE IF EXISTS missing;

-- case: DROP TABLE of two
-- statement
DROP TABLE plain, toasted;

-- case: DROP TABLE with a serial, indexes and no views
DROP VIEW v;
-- statement
DROP TABLE t;

-- case: DROP TABLE of a parent of inheritance, with CASCADE
-- statement
DROP TABLE parent CASCADE;

-- case: DROP TABLE of a child of inheritance
-- statement
DROP TABLE child;

-- case: DROP TABLE of a partitioned table
-- statement
DROP TABLE p;

-- case: DROP TABLE of a partition
-- statement
DROP TABLE p1;

-- case: DROP FOREIGN TABLE
-- statement
DROP FOREIGN TABLE ft;

-- case: CREATE TABLE
-- statement
CREATE TABLE new (id bigint PRIMARY KEY, a int DEFAULT 1);

-- case: CREATE TABLE IF NOT EXISTS that is there
-- statement
CREATE TABLE IF NOT EXISTS t (id int);

-- case: CREATE TABLE LIKE
-- statement
CREATE TABLE new (LIKE t INCLUDING ALL);

-- case: CREATE TABLE LIKE a view
-- statement
CREATE TABLE new (LIKE v);

-- case: CREATE TABLE INHERITS
-- statement
CREATE TABLE new (z int) INHERITS (parent);

-- case: CREATE TABLE OF
-- statement
CREATE TABLE new OF composite;

-- case: CREATE TABLE PARTITION BY
-- statement
CREATE TABLE new (id bigint, a int) PARTITION BY LIST (a);

-- case: CREATE TEMPORARY TABLE
-- statement
CREATE TEMPORARY TABLE new (id int) ON COMMIT DROP;

-- case: CREATE UNLOGGED TABLE
-- statement
CREATE UNLOGGED TABLE new (id bigserial PRIMARY KEY);

-- case: CREATE TABLE with a default of a sequence
-- statement
CREATE TABLE new (id bigint DEFAULT nextval('t_s_seq'));

-- case: CREATE TABLE AS
-- statement
CREATE TABLE new AS SELECT * FROM t;

-- case: CREATE TABLE AS with no data
-- statement
CREATE TABLE new AS SELECT * FROM t WITH NO DATA;

-- case: CREATE TABLE IF NOT EXISTS AS that is there
-- statement
CREATE TABLE IF NOT EXISTS t AS SELECT * FROM plain;

-- case: CREATE TABLE AS EXECUTE
-- statement
CREATE TABLE new AS TABLE plain;

-- case: SELECT INTO
-- statement
SELECT * INTO new FROM t WHERE a = 1;

-- case: CREATE FOREIGN TABLE
-- statement
CREATE FOREIGN TABLE new (id bigint) SERVER nowhere;

-- case: CREATE FOREIGN TABLE as a partition
-- statement
CREATE FOREIGN TABLE new PARTITION OF p FOR VALUES FROM (50000) TO (60000) SERVER nowhere;
