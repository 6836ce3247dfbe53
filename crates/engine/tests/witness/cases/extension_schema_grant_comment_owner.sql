-- setup
CREATE SCHEMA s;
CREATE TABLE s.t (id serial PRIMARY KEY, a int);
INSERT INTO s.t (a) SELECT g FROM generate_series(1, 5000) g;
CREATE VIEW s.v AS SELECT id FROM s.t;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE parent (id bigint);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE owned (id bigint PRIMARY KEY);
ALTER TABLE owned OWNER TO witness_owner;
GRANT SELECT ON t TO witness_owner;
CREATE FOREIGN DATA WRAPPER fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER fdw;
CREATE USER MAPPING FOR witness_reader SERVER srv;
CREATE FOREIGN TABLE ft (id bigint) SERVER srv;
CREATE SCHEMA empty;
SELECT lo_create(4711);
ANALYZE;

-- case: CREATE SCHEMA
-- statement
CREATE SCHEMA z;

-- case: CREATE SCHEMA IF NOT EXISTS that is there
-- statement
CREATE SCHEMA IF NOT EXISTS s;

-- case: CREATE SCHEMA AUTHORIZATION with a table
-- statement
CREATE SCHEMA z AUTHORIZATION witness_owner CREATE TABLE a (id int) CREATE VIEW b AS SELECT id FROM a;

-- case: ALTER SCHEMA RENAME
-- statement
ALTER SCHEMA s RENAME TO z;

-- case: ALTER SCHEMA OWNER
-- statement
ALTER SCHEMA s OWNER TO witness_owner;

-- case: COMMENT ON SCHEMA
-- statement
COMMENT ON SCHEMA s IS 'a comment';

-- case: GRANT on a schema
-- statement
GRANT USAGE ON SCHEMA s TO witness_reader;

-- case: DROP SCHEMA
-- statement
DROP SCHEMA empty;

-- case: DROP SCHEMA with CASCADE
-- statement
DROP SCHEMA s CASCADE;

-- case: DROP SCHEMA IF EXISTS that is not there
-- statement
DROP SCHEMA IF EXISTS missing;

-- case: CREATE EXTENSION
-- needs: hstore
-- statement
CREATE EXTENSION hstore;

-- case: CREATE EXTENSION of vectors
-- needs: vector
-- statement
CREATE EXTENSION vector;

-- case: CREATE EXTENSION IF NOT EXISTS that is there
-- statement
CREATE EXTENSION IF NOT EXISTS plpgsql;

-- case: CREATE EXTENSION in a schema
-- needs: hstore
-- statement
CREATE EXTENSION hstore SCHEMA s;

-- case: ALTER EXTENSION UPDATE
-- statement
ALTER EXTENSION plpgsql UPDATE;

-- case: ALTER EXTENSION UPDATE that does something
-- versions: 14-
-- needs: hstore
CREATE EXTENSION hstore VERSION '1.7';
-- statement
ALTER EXTENSION hstore UPDATE TO '1.8';

-- case: ALTER EXTENSION SET SCHEMA
-- needs: hstore
CREATE EXTENSION hstore;
-- statement
ALTER EXTENSION hstore SET SCHEMA s;

-- case: ALTER EXTENSION ADD TABLE
-- statement
ALTER EXTENSION plpgsql ADD TABLE t;

-- case: ALTER EXTENSION DROP TABLE
ALTER EXTENSION plpgsql ADD TABLE t;
-- statement
ALTER EXTENSION plpgsql DROP TABLE t;

-- case: COMMENT ON EXTENSION
-- statement
COMMENT ON EXTENSION plpgsql IS 'a comment';

-- case: DROP EXTENSION
-- needs: hstore
CREATE EXTENSION hstore;
-- statement
DROP EXTENSION hstore;

-- case: DROP EXTENSION that a column has, with CASCADE
-- needs: hstore
CREATE EXTENSION hstore;
ALTER TABLE t ADD COLUMN h hstore;
-- statement
DROP EXTENSION hstore CASCADE;

-- case: DROP EXTENSION IF EXISTS that is not there
-- statement
DROP EXTENSION IF EXISTS missing;

-- case: GRANT on a table
-- statement
GRANT SELECT, INSERT ON t TO witness_reader;

-- case: GRANT on two tables
-- statement
GRANT SELECT ON t, p TO witness_reader;

-- case: GRANT on columns
-- statement
GRANT SELECT (a), UPDATE (b) ON t TO witness_reader;

-- case: GRANT WITH GRANT OPTION
-- statement
GRANT SELECT ON t TO witness_reader WITH GRANT OPTION;

-- case: GRANT on a partitioned table
-- statement
GRANT SELECT ON p TO witness_reader;

-- case: GRANT on a parent of inheritance
-- statement
GRANT SELECT ON parent TO witness_reader;

-- case: GRANT on all tables in a schema
-- statement
GRANT SELECT ON ALL TABLES IN SCHEMA public TO witness_reader;

-- case: GRANT on all sequences in a schema
-- statement
GRANT USAGE ON ALL SEQUENCES IN SCHEMA s TO witness_reader;

-- case: REVOKE on a table
-- statement
REVOKE SELECT ON t FROM witness_owner;

-- case: REVOKE on columns
-- statement
REVOKE UPDATE (a) ON t FROM witness_reader;

-- case: REVOKE of what was not granted, with CASCADE
-- statement
REVOKE ALL ON t FROM PUBLIC CASCADE;

-- case: GRANT on a database
-- statement
GRANT CONNECT ON DATABASE postgres TO witness_reader;

-- case: GRANT on a tablespace
-- statement
GRANT CREATE ON TABLESPACE pg_default TO witness_reader;

-- case: GRANT on a foreign data wrapper
-- statement
GRANT USAGE ON FOREIGN DATA WRAPPER fdw TO witness_reader;

-- case: GRANT on a foreign server
-- statement
GRANT USAGE ON FOREIGN SERVER srv TO witness_reader;

-- case: GRANT on a large object
-- statement
GRANT SELECT ON LARGE OBJECT 4711 TO witness_reader;

-- case: GRANT on a parameter
-- versions: 15-
-- statement
GRANT SET ON PARAMETER work_mem TO witness_reader;

-- case: GRANT of a role
-- statement
GRANT witness_owner TO witness_member;

-- case: REVOKE of a role
-- statement
REVOKE witness_owner FROM witness_member;

-- case: ALTER DEFAULT PRIVILEGES
-- statement
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO witness_reader;

-- case: ALTER DEFAULT PRIVILEGES REVOKE
-- statement
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- case: COMMENT ON TABLE
-- statement
COMMENT ON TABLE t IS 'a comment';

-- case: COMMENT ON TABLE IS NULL
-- statement
COMMENT ON TABLE t IS NULL;

-- case: COMMENT ON COLUMN
-- statement
COMMENT ON COLUMN t.a IS 'a comment';

-- case: COMMENT ON TABLE of a partitioned table
-- statement
COMMENT ON TABLE p IS 'a comment';

-- case: COMMENT ON FOREIGN TABLE
-- statement
COMMENT ON FOREIGN TABLE ft IS 'a comment';

-- case: COMMENT ON DATABASE
-- statement
COMMENT ON DATABASE postgres IS 'a comment';

-- case: COMMENT ON ROLE
-- statement
COMMENT ON ROLE witness_reader IS 'a comment';

-- case: COMMENT ON TABLESPACE
-- statement
COMMENT ON TABLESPACE pg_default IS 'a comment';

-- case: COMMENT ON LARGE OBJECT
-- statement
COMMENT ON LARGE OBJECT 4711 IS 'a comment';

-- case: COMMENT ON FOREIGN DATA WRAPPER
-- statement
COMMENT ON FOREIGN DATA WRAPPER fdw IS 'a comment';

-- case: COMMENT ON SERVER
-- statement
COMMENT ON SERVER srv IS 'a comment';

-- case: OWNER of a large object
-- statement
ALTER LARGE OBJECT 4711 OWNER TO witness_owner;

-- case: REASSIGN OWNED
-- statement
REASSIGN OWNED BY witness_owner TO CURRENT_USER;

-- case: DROP OWNED
-- statement
DROP OWNED BY witness_owner;

-- case: CREATE ROLE
-- statement
CREATE ROLE z LOGIN;

-- case: CREATE USER
-- statement
CREATE USER z IN ROLE witness_owner;

-- case: ALTER ROLE
-- statement
ALTER ROLE witness_reader CREATEDB;

-- case: ALTER ROLE SET
-- statement
ALTER ROLE witness_reader SET statement_timeout = '1s';

-- case: ALTER ROLE RENAME
CREATE ROLE witness_renamed;
-- statement
ALTER ROLE witness_renamed RENAME TO witness_renamed_now;

-- case: ALTER GROUP ADD USER
-- statement
ALTER GROUP witness_owner ADD USER witness_member;

-- case: DROP ROLE
CREATE ROLE witness_dropped;
-- statement
DROP ROLE witness_dropped;

-- case: DROP ROLE IF EXISTS that is not there
-- statement
DROP ROLE IF EXISTS missing;

-- case: CREATE FOREIGN DATA WRAPPER
-- statement
CREATE FOREIGN DATA WRAPPER z;

-- case: ALTER FOREIGN DATA WRAPPER
-- statement
ALTER FOREIGN DATA WRAPPER fdw OPTIONS (ADD a '1');

-- case: ALTER FOREIGN DATA WRAPPER RENAME
-- statement
ALTER FOREIGN DATA WRAPPER fdw RENAME TO z;

-- case: ALTER FOREIGN DATA WRAPPER OWNER
-- statement
ALTER FOREIGN DATA WRAPPER fdw OWNER TO CURRENT_USER;

-- case: DROP FOREIGN DATA WRAPPER with CASCADE
-- statement
DROP FOREIGN DATA WRAPPER fdw CASCADE;

-- case: CREATE SERVER
-- statement
CREATE SERVER z FOREIGN DATA WRAPPER fdw;

-- case: ALTER SERVER
-- statement
ALTER SERVER srv VERSION '2' OPTIONS (ADD a '1');

-- case: ALTER SERVER RENAME
-- statement
ALTER SERVER srv RENAME TO z;

-- case: ALTER SERVER OWNER
-- statement
ALTER SERVER srv OWNER TO CURRENT_USER;

-- case: DROP SERVER with CASCADE
-- statement
DROP SERVER srv CASCADE;

-- case: CREATE USER MAPPING
-- statement
CREATE USER MAPPING FOR witness_owner SERVER srv;

-- case: ALTER USER MAPPING
-- statement
ALTER USER MAPPING FOR witness_reader SERVER srv OPTIONS (ADD a '1');

-- case: DROP USER MAPPING
-- statement
DROP USER MAPPING FOR witness_reader SERVER srv;

-- case: DROP USER MAPPING IF EXISTS that is not there
-- statement
DROP USER MAPPING IF EXISTS FOR witness_owner SERVER srv;

-- case: IMPORT FOREIGN SCHEMA
-- needs: postgres_fdw
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN EXECUTE format('CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
    trim('"' FROM current_setting('unix_socket_directories')), current_setting('port'), 'postgres'); END $$;
DO $$ BEGIN EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER here OPTIONS (user %L)', current_user); END $$;
-- statement
IMPORT FOREIGN SCHEMA information_schema LIMIT TO (tables) FROM SERVER here INTO s;

-- case: SELECT of a foreign table
-- needs: postgres_fdw
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN EXECUTE format('CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
    trim('"' FROM current_setting('unix_socket_directories')), current_setting('port'), 'postgres'); END $$;
DO $$ BEGIN EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER here OPTIONS (user %L)', current_user); END $$;
CREATE FOREIGN TABLE far (oid oid) SERVER here OPTIONS (schema_name 'pg_catalog', table_name 'pg_class');
-- statement
SELECT count(*) FROM far;
