-- setup
CREATE SCHEMA s;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE o (id bigint PRIMARY KEY, a int);
INSERT INTO o SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE s.in_schema (id bigint PRIMARY KEY);
CREATE TABLE p (id bigint PRIMARY KEY, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE parent (id bigint PRIMARY KEY);
CREATE TABLE child () INHERITS (parent);
CREATE PUBLICATION pub FOR TABLE t;
CREATE PUBLICATION everything FOR ALL TABLES;
-- versions: 15-
CREATE PUBLICATION filtered FOR TABLE o WHERE (id > 5);
CREATE PUBLICATION nothing;
ANALYZE;

-- case: CREATE PUBLICATION
-- statement
CREATE PUBLICATION z;

-- case: CREATE PUBLICATION FOR TABLE
-- statement
CREATE PUBLICATION z FOR TABLE t, o;

-- case: CREATE PUBLICATION FOR TABLE with a filter
-- versions: 15-
-- statement
CREATE PUBLICATION z FOR TABLE t WHERE (id > 5);

-- case: CREATE PUBLICATION FOR TABLE with columns
-- versions: 15-
-- statement
CREATE PUBLICATION z FOR TABLE t (id, a);

-- case: CREATE PUBLICATION FOR TABLE of a partitioned table
-- versions: 13-
-- statement
CREATE PUBLICATION z FOR TABLE p WITH (publish_via_partition_root = true);

-- case: CREATE PUBLICATION FOR TABLE of a parent of inheritance
-- statement
CREATE PUBLICATION z FOR TABLE parent;

-- case: CREATE PUBLICATION FOR TABLE ONLY a parent of inheritance
-- statement
CREATE PUBLICATION z FOR TABLE ONLY parent;

-- case: CREATE PUBLICATION FOR ALL TABLES
-- statement
CREATE PUBLICATION z FOR ALL TABLES;

-- case: CREATE PUBLICATION FOR TABLES IN SCHEMA
-- versions: 15-
-- statement
CREATE PUBLICATION z FOR TABLES IN SCHEMA s;

-- case: ALTER PUBLICATION ADD TABLE
-- statement
ALTER PUBLICATION pub ADD TABLE o;

-- case: ALTER PUBLICATION SET TABLE
-- statement
ALTER PUBLICATION pub SET TABLE o;

-- case: ALTER PUBLICATION SET TABLE with another filter
-- versions: 15-
-- statement
ALTER PUBLICATION filtered SET TABLE o WHERE (id > 10);

-- case: ALTER PUBLICATION DROP TABLE
-- statement
ALTER PUBLICATION pub DROP TABLE t;

-- case: ALTER PUBLICATION ADD TABLES IN SCHEMA
-- versions: 15-
-- statement
ALTER PUBLICATION pub ADD TABLES IN SCHEMA s;

-- case: ALTER PUBLICATION DROP TABLES IN SCHEMA
-- versions: 15-
ALTER PUBLICATION pub ADD TABLES IN SCHEMA s;
-- statement
ALTER PUBLICATION pub DROP TABLES IN SCHEMA s;

-- case: ALTER PUBLICATION SET parameters
-- statement
ALTER PUBLICATION pub SET (publish = 'insert');

-- case: ALTER PUBLICATION RENAME
-- statement
ALTER PUBLICATION pub RENAME TO z;

-- case: ALTER PUBLICATION OWNER
-- statement
ALTER PUBLICATION pub OWNER TO CURRENT_USER;

-- case: COMMENT ON PUBLICATION
-- statement
COMMENT ON PUBLICATION pub IS 'a comment';

-- case: DROP PUBLICATION
-- statement
DROP PUBLICATION pub;

-- case: DROP PUBLICATION FOR ALL TABLES
-- statement
DROP PUBLICATION everything;

-- case: DROP PUBLICATION IF EXISTS that is not there
-- statement
DROP PUBLICATION IF EXISTS missing;

-- case: DROP TABLE that is published
-- statement
DROP TABLE t;

-- case: DROP COLUMN that a filter uses, with CASCADE
-- statement
ALTER TABLE o DROP COLUMN id CASCADE;

-- case: CREATE SUBSCRIPTION that does not connect
-- statement
CREATE SUBSCRIPTION z CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);

-- case: ALTER SUBSCRIPTION SET PUBLICATION
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub SET PUBLICATION other WITH (refresh = false);

-- case: ALTER SUBSCRIPTION ADD PUBLICATION
-- versions: 14-
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub ADD PUBLICATION other WITH (refresh = false);

-- case: ALTER SUBSCRIPTION CONNECTION
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub CONNECTION 'dbname=elsewhere';

-- case: ALTER SUBSCRIPTION SET parameters
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub SET (synchronous_commit = off);

-- case: ALTER SUBSCRIPTION DISABLE
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub DISABLE;

-- case: ALTER SUBSCRIPTION RENAME
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub RENAME TO z;

-- case: ALTER SUBSCRIPTION OWNER
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
ALTER SUBSCRIPTION sub OWNER TO CURRENT_USER;

-- case: COMMENT ON SUBSCRIPTION
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
-- statement
COMMENT ON SUBSCRIPTION sub IS 'a comment';

-- case: DROP SUBSCRIPTION that has no slot
CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION pub WITH (connect = false);
ALTER SUBSCRIPTION sub SET (slot_name = NONE);
-- statement
DROP SUBSCRIPTION sub;

-- case: DROP SUBSCRIPTION IF EXISTS that is not there
-- statement
DROP SUBSCRIPTION IF EXISTS missing;
