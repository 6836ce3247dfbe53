-- setup
CREATE SCHEMA other;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE o (id bigint PRIMARY KEY, a int);
INSERT INTO o SELECT g, g FROM generate_series(1, 5000) g;
CREATE VIEW v AS SELECT id, a FROM t WHERE a > 5;
CREATE VIEW w AS SELECT v.id, o.a FROM v JOIN o USING (id);
CREATE VIEW alone AS SELECT id FROM o;
CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM o';
ANALYZE;

-- case: CREATE VIEW
-- statement
CREATE VIEW z AS SELECT id, a FROM t;

-- case: CREATE VIEW of a join, a view and a function
-- statement
CREATE VIEW z AS SELECT v.id, counts() FROM v JOIN o USING (id);

-- case: CREATE VIEW of a constant
-- statement
CREATE VIEW z AS SELECT 1 AS one;

-- case: CREATE TEMPORARY VIEW
-- statement
CREATE TEMPORARY VIEW z AS SELECT id FROM t;

-- case: CREATE RECURSIVE VIEW
-- statement
CREATE RECURSIVE VIEW z (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM z JOIN t ON t.id = n WHERE n < 10;

-- case: CREATE OR REPLACE VIEW that is there
-- statement
CREATE OR REPLACE VIEW v AS SELECT id, a FROM t WHERE a > 6;

-- case: CREATE OR REPLACE VIEW with another column
-- statement
CREATE OR REPLACE VIEW v AS SELECT id, a, b FROM t;

-- case: CREATE OR REPLACE VIEW that is not there
-- statement
CREATE OR REPLACE VIEW z AS SELECT id, a, b FROM t;

-- case: CREATE OR REPLACE VIEW of another table
-- statement
CREATE OR REPLACE VIEW alone AS SELECT id FROM t;

-- case: CREATE VIEW with options
-- versions: 15-
-- statement
CREATE VIEW z WITH (security_invoker = true, check_option = cascaded) AS SELECT id, a FROM t WHERE a > 1;

-- case: DROP VIEW
-- statement
DROP VIEW w;

-- case: DROP VIEW with CASCADE
-- statement
DROP VIEW v CASCADE;

-- case: DROP VIEW IF EXISTS that is not there
-- statement
DROP VIEW IF EXISTS missing;

-- case: ALTER VIEW RENAME
-- statement
ALTER VIEW v RENAME TO z;

-- case: ALTER TABLE RENAME of a view
-- statement
ALTER TABLE v RENAME TO z;

-- case: ALTER VIEW RENAME COLUMN
-- versions: 13-
-- statement
ALTER VIEW v RENAME COLUMN a TO z;

-- case: ALTER VIEW SET SCHEMA
-- statement
ALTER VIEW v SET SCHEMA other;

-- case: ALTER VIEW OWNER
-- statement
ALTER VIEW v OWNER TO witness_owner;

-- case: ALTER VIEW RESET
-- statement
ALTER VIEW v RESET (security_barrier);

-- case: ALTER VIEW SET check_option
-- statement
ALTER VIEW v SET (check_option = local);

-- case: COMMENT ON VIEW
-- statement
COMMENT ON VIEW v IS 'a comment';

-- case: COMMENT ON COLUMN of a view
-- statement
COMMENT ON COLUMN v.a IS 'a comment';

-- case: GRANT on a view
-- statement
GRANT SELECT ON v TO witness_reader;

-- case: DROP TABLE with CASCADE that views read
-- statement
DROP TABLE o CASCADE;

-- case: RENAME of a table that views read
-- statement
ALTER TABLE t RENAME TO z;
