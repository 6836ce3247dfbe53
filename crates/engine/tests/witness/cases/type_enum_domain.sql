-- setup
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE TYPE used AS (x int, y text);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TYPE shell;
CREATE DOMAIN d AS int CONSTRAINT d_check CHECK (VALUE > 0);
CREATE DOMAIN dl AS int;
ALTER DOMAIN dl ADD CONSTRAINT dl_later CHECK (VALUE > -100) NOT VALID;
CREATE DOMAIN dn AS int NOT NULL DEFAULT 1;
CREATE DOMAIN in_array AS int CONSTRAINT in_array_check CHECK (VALUE > 0);
CREATE TABLE arrays (id bigint, ds in_array[]);
CREATE DOMAIN unused AS int;
CREATE DOMAIN over_d AS d;
CREATE TABLE t (id bigint PRIMARY KEY, e mood, p pair, d d, dl dl, dn dn);
INSERT INTO t SELECT g, 'ok', '(1,a)', g, g, g FROM generate_series(1, 5000) g;
CREATE TABLE t2 (id bigint, d d, o over_d);
INSERT INTO t2 SELECT g, g, g FROM generate_series(1, 5000) g;
CREATE INDEX t2_d ON t2 (d);
CREATE TABLE in_composite (id bigint, p pair);
CREATE VIEW v AS SELECT d FROM t;
CREATE MATERIALIZED VIEW m AS SELECT d FROM t;
CREATE TABLE typed OF used;
INSERT INTO typed SELECT g, 'a' FROM generate_series(1, 5000) g;
CREATE TABLE dp (id bigint, d d) PARTITION BY RANGE (id);
CREATE TABLE dp1 PARTITION OF dp FOR VALUES FROM (0) TO (10000);
INSERT INTO dp SELECT g, g FROM generate_series(1, 5000) g;
ANALYZE;

-- case: CREATE TYPE AS ENUM
-- statement
CREATE TYPE z AS ENUM ('a', 'b');

-- case: CREATE TYPE, composite
-- statement
CREATE TYPE z AS (a int, b mood);

-- case: CREATE TYPE AS RANGE
-- versions: 14-
-- statement
CREATE TYPE z AS RANGE (subtype = int8, multirange_type_name = zs);

-- case: CREATE TYPE, a shell
-- statement
CREATE TYPE z;

-- case: CREATE TYPE, a base type
CREATE TYPE z;
CREATE FUNCTION z_in(cstring) RETURNS z LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION z_out(z) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
-- statement
CREATE TYPE z (INPUT = z_in, OUTPUT = z_out, LIKE = int4);

-- case: ALTER TYPE of a base type
-- versions: 13-
CREATE TYPE z;
CREATE FUNCTION z_in(cstring) RETURNS z LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION z_out(z) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE z (INPUT = z_in, OUTPUT = z_out, LIKE = text);
-- statement
ALTER TYPE z SET (STORAGE = extended);

-- case: ALTER TYPE ADD VALUE
-- statement
ALTER TYPE mood ADD VALUE 'great';

-- case: ALTER TYPE ADD VALUE BEFORE
-- statement
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';

-- case: ALTER TYPE ADD VALUE IF NOT EXISTS that is there
-- statement
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok';

-- case: ALTER TYPE RENAME VALUE
-- statement
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';

-- case: ALTER TYPE RENAME of an enum
-- statement
ALTER TYPE mood RENAME TO z;

-- case: ALTER TYPE RENAME of a composite
-- statement
ALTER TYPE pair RENAME TO z;

-- case: ALTER TYPE SET SCHEMA of an enum
-- statement
ALTER TYPE mood SET SCHEMA other;

-- case: ALTER TYPE SET SCHEMA of a composite
-- statement
ALTER TYPE pair SET SCHEMA other;

-- case: ALTER TYPE OWNER of an enum
-- statement
ALTER TYPE mood OWNER TO witness_owner;

-- case: ALTER TYPE OWNER of a composite
-- statement
ALTER TYPE pair OWNER TO witness_owner;

-- case: ALTER TYPE ADD ATTRIBUTE
-- statement
ALTER TYPE pair ADD ATTRIBUTE z int;

-- case: ALTER TYPE ADD ATTRIBUTE CASCADE to a table of the type
-- statement
ALTER TYPE used ADD ATTRIBUTE z int CASCADE;

-- case: ALTER TYPE DROP ATTRIBUTE
-- statement
ALTER TYPE pair DROP ATTRIBUTE y;

-- case: ALTER TYPE DROP ATTRIBUTE CASCADE to a table of the type
-- statement
ALTER TYPE used DROP ATTRIBUTE y CASCADE;

-- case: ALTER TYPE DROP ATTRIBUTE IF EXISTS that is not there
-- statement
ALTER TYPE pair DROP ATTRIBUTE IF EXISTS missing;

-- case: ALTER TYPE ALTER ATTRIBUTE TYPE of one that no table uses
CREATE TYPE free AS (x int);
-- statement
ALTER TYPE free ALTER ATTRIBUTE x TYPE bigint;

-- case: ALTER TYPE ALTER ATTRIBUTE TYPE CASCADE to a table of the type
-- statement
ALTER TYPE used ALTER ATTRIBUTE x TYPE bigint CASCADE;

-- case: ALTER TYPE RENAME ATTRIBUTE
-- statement
ALTER TYPE pair RENAME ATTRIBUTE x TO z;

-- case: ALTER TYPE RENAME ATTRIBUTE CASCADE to a table of the type
-- statement
ALTER TYPE used RENAME ATTRIBUTE x TO z CASCADE;

-- case: COMMENT ON TYPE
-- statement
COMMENT ON TYPE mood IS 'a comment';

-- case: COMMENT ON COLUMN of a composite
-- statement
COMMENT ON COLUMN pair.x IS 'a comment';

-- case: GRANT on a type
-- statement
GRANT USAGE ON TYPE mood TO witness_reader;

-- case: DROP TYPE
-- statement
DROP TYPE shell;

-- case: DROP TYPE of a range
-- statement
DROP TYPE span;

-- case: DROP TYPE IF EXISTS that is not there
-- statement
DROP TYPE IF EXISTS missing;

-- case: DROP TYPE of an enum that a column has, with CASCADE
-- statement
DROP TYPE mood CASCADE;

-- case: DROP TYPE of a composite that columns have, with CASCADE
-- statement
DROP TYPE pair CASCADE;

-- case: DROP TYPE of a composite that a table is of, with CASCADE
-- statement
DROP TYPE used CASCADE;

-- case: CREATE DOMAIN
-- statement
CREATE DOMAIN z AS text COLLATE "C" DEFAULT 'x' CHECK (VALUE <> '');

-- case: CREATE DOMAIN over a domain
-- statement
CREATE DOMAIN z AS d NOT NULL;

-- case: ALTER DOMAIN SET DEFAULT
-- statement
ALTER DOMAIN d SET DEFAULT 5;

-- case: ALTER DOMAIN DROP DEFAULT
-- statement
ALTER DOMAIN dn DROP DEFAULT;

-- case: ALTER DOMAIN SET NOT NULL
-- statement
ALTER DOMAIN d SET NOT NULL;

-- case: ALTER DOMAIN SET NOT NULL of one that nobody uses
-- statement
ALTER DOMAIN unused SET NOT NULL;

-- case: ALTER DOMAIN SET NOT NULL where it is
-- statement
ALTER DOMAIN dn SET NOT NULL;

-- case: ALTER DOMAIN DROP NOT NULL
-- statement
ALTER DOMAIN dn DROP NOT NULL;

-- case: ALTER DOMAIN ADD CHECK
-- statement
ALTER DOMAIN over_d ADD CONSTRAINT z CHECK (VALUE < 1000000);

-- case: ALTER DOMAIN ADD CHECK of one that columns, a domain and partitions have
-- statement
ALTER DOMAIN d ADD CONSTRAINT z CHECK (VALUE < 1000000);

-- case: ALTER DOMAIN ADD CHECK that is not valid
-- statement
ALTER DOMAIN d ADD CONSTRAINT z CHECK (VALUE < 1000000) NOT VALID;

-- case: ALTER DOMAIN ADD CHECK of one that nobody uses
-- statement
ALTER DOMAIN unused ADD CHECK (VALUE > 0);

-- case: ALTER DOMAIN ADD NOT NULL
-- versions: 17-
-- statement
ALTER DOMAIN over_d ADD CONSTRAINT z NOT NULL;

-- case: ALTER DOMAIN VALIDATE
-- statement
ALTER DOMAIN dl VALIDATE CONSTRAINT dl_later;

-- case: ALTER DOMAIN VALIDATE that is valid
-- statement
ALTER DOMAIN d VALIDATE CONSTRAINT d_check;

-- case: ALTER DOMAIN DROP CONSTRAINT
-- statement
ALTER DOMAIN d DROP CONSTRAINT d_check;

-- case: ALTER DOMAIN ADD CHECK that is not valid, of one that is in an array
-- statement
ALTER DOMAIN in_array ADD CHECK (VALUE > 1) NOT VALID;

-- case: ALTER DOMAIN DROP CONSTRAINT of one that is in an array
-- statement
ALTER DOMAIN in_array DROP CONSTRAINT in_array_check;

-- case: ALTER DOMAIN DROP CONSTRAINT IF EXISTS that is not there
-- statement
ALTER DOMAIN d DROP CONSTRAINT IF EXISTS missing;

-- case: ALTER DOMAIN RENAME CONSTRAINT
-- statement
ALTER DOMAIN d RENAME CONSTRAINT d_check TO z;

-- case: ALTER DOMAIN RENAME
-- statement
ALTER DOMAIN d RENAME TO z;

-- case: ALTER DOMAIN SET SCHEMA
-- statement
ALTER DOMAIN d SET SCHEMA other;

-- case: ALTER DOMAIN OWNER
-- statement
ALTER DOMAIN d OWNER TO witness_owner;

-- case: COMMENT ON DOMAIN
-- statement
COMMENT ON DOMAIN d IS 'a comment';

-- case: COMMENT ON CONSTRAINT ON DOMAIN
-- statement
COMMENT ON CONSTRAINT d_check ON DOMAIN d IS 'a comment';

-- case: GRANT on a domain
-- statement
GRANT USAGE ON DOMAIN d TO witness_reader;

-- case: DROP DOMAIN
-- statement
DROP DOMAIN unused;

-- case: DROP DOMAIN that columns have, with CASCADE
-- statement
DROP DOMAIN dn CASCADE;

-- case: DROP DOMAIN IF EXISTS that is not there
-- statement
DROP DOMAIN IF EXISTS missing;

-- case: CREATE CAST
CREATE FUNCTION mood_int(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- statement
CREATE CAST (mood AS int) WITH FUNCTION mood_int(mood) AS ASSIGNMENT;

-- case: CREATE CAST WITH INOUT
-- statement
CREATE CAST (text AS mood) WITH INOUT;

-- case: COMMENT ON CAST
CREATE CAST (text AS mood) WITH INOUT;
-- statement
COMMENT ON CAST (text AS mood) IS 'a comment';

-- case: DROP CAST
CREATE CAST (text AS mood) WITH INOUT;
-- statement
DROP CAST (text AS mood);

-- case: CREATE COLLATION
-- statement
CREATE COLLATION z (locale = 'C');

-- case: CREATE COLLATION FROM
-- statement
CREATE COLLATION z FROM "C";

-- case: ALTER COLLATION REFRESH VERSION
CREATE COLLATION z (provider = libc, locale = 'C');
-- statement
ALTER COLLATION z REFRESH VERSION;

-- case: ALTER COLLATION RENAME
CREATE COLLATION z (locale = 'C');
-- statement
ALTER COLLATION z RENAME TO y;

-- case: ALTER COLLATION OWNER
CREATE COLLATION z (locale = 'C');
-- statement
ALTER COLLATION z OWNER TO witness_owner;

-- case: ALTER COLLATION SET SCHEMA
CREATE COLLATION z (locale = 'C');
-- statement
ALTER COLLATION z SET SCHEMA other;

-- case: COMMENT ON COLLATION
CREATE COLLATION z (locale = 'C');
-- statement
COMMENT ON COLLATION z IS 'a comment';

-- case: DROP COLLATION that a column has, with CASCADE
CREATE COLLATION z (locale = 'C');
CREATE TABLE c (a text COLLATE z, b int);
CREATE INDEX c_a ON c (a);
-- statement
DROP COLLATION z CASCADE;
