-- setup
CREATE SCHEMA other;
CREATE SEQUENCE s;
CREATE TABLE t (id serial PRIMARY KEY, i bigint GENERATED ALWAYS AS IDENTITY, a int DEFAULT nextval('s'));
INSERT INTO t (a) SELECT g FROM generate_series(1, 5000) g;
CREATE TABLE plain (id int);
CREATE SEQUENCE free;
CREATE UNLOGGED TABLE u (id bigint);
ANALYZE;

-- case: CREATE SEQUENCE
-- statement
CREATE SEQUENCE z AS int START 5 CACHE 10;

-- case: CREATE SEQUENCE OWNED BY
-- statement
CREATE SEQUENCE z OWNED BY plain.id;

-- case: CREATE SEQUENCE IF NOT EXISTS that is there
-- statement
CREATE SEQUENCE IF NOT EXISTS s;

-- case: CREATE TEMPORARY SEQUENCE
-- statement
CREATE TEMPORARY SEQUENCE z;

-- case: ALTER SEQUENCE INCREMENT
-- statement
ALTER SEQUENCE s INCREMENT BY 10;

-- case: ALTER SEQUENCE RESTART
-- statement
ALTER SEQUENCE s RESTART WITH 100;

-- case: ALTER SEQUENCE CACHE
-- statement
ALTER SEQUENCE s CACHE 50;

-- case: ALTER SEQUENCE AS
-- statement
ALTER SEQUENCE s AS int;

-- case: ALTER SEQUENCE OWNED BY
-- statement
ALTER SEQUENCE free OWNED BY plain.id;

-- case: ALTER SEQUENCE OWNED BY NONE
-- statement
ALTER SEQUENCE t_id_seq OWNED BY NONE;

-- case: ALTER SEQUENCE IF EXISTS that is not there
-- statement
ALTER SEQUENCE IF EXISTS missing RESTART;

-- case: ALTER SEQUENCE RENAME
-- statement
ALTER SEQUENCE s RENAME TO z;

-- case: ALTER SEQUENCE SET SCHEMA
-- statement
ALTER SEQUENCE s SET SCHEMA other;

-- case: ALTER SEQUENCE OWNER
-- statement
ALTER SEQUENCE s OWNER TO witness_owner;

-- case: ALTER SEQUENCE SET UNLOGGED
-- versions: 15-
-- statement
ALTER SEQUENCE s SET UNLOGGED;

-- case: ALTER SEQUENCE SET LOGGED
-- versions: 15-
CREATE UNLOGGED SEQUENCE z;
-- statement
ALTER SEQUENCE z SET LOGGED;

-- case: ALTER TABLE RENAME of a sequence
-- statement
ALTER TABLE s RENAME TO z;

-- case: COMMENT ON SEQUENCE
-- statement
COMMENT ON SEQUENCE s IS 'a comment';

-- case: GRANT on a sequence
-- statement
GRANT USAGE ON SEQUENCE s TO witness_reader;

-- case: REVOKE on a sequence
-- statement
REVOKE ALL ON SEQUENCE s FROM witness_reader;

-- case: DROP SEQUENCE
-- statement
DROP SEQUENCE free;

-- case: DROP SEQUENCE that a default uses, with CASCADE
-- statement
DROP SEQUENCE s CASCADE;

-- case: DROP SEQUENCE of a serial, with CASCADE
-- statement
DROP SEQUENCE t_id_seq CASCADE;

-- case: DROP SEQUENCE IF EXISTS that is not there
-- statement
DROP SEQUENCE IF EXISTS missing;

-- case: nextval
-- statement
SELECT nextval('s');

-- case: setval
-- statement
SELECT setval('s', 1000);

-- case: setval to what a table has
-- statement
SELECT setval('t_id_seq', (SELECT max(id) FROM t));

-- case: currval
SELECT nextval('s');
-- statement
SELECT currval('s');

-- case: SELECT of a sequence
-- statement
SELECT last_value FROM s;

-- case: TRUNCATE RESTART IDENTITY
-- statement
TRUNCATE t RESTART IDENTITY;

-- case: TRUNCATE CONTINUE IDENTITY
-- statement
TRUNCATE t CONTINUE IDENTITY;
