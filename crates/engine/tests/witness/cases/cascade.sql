-- setup
CREATE SCHEMA s;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g, 'ok' FROM generate_series(1, 5000) g;
CREATE TABLE o (id bigint PRIMARY KEY, a int);
CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
CREATE FUNCTION twice(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
CREATE FUNCTION twice(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION s.far(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 = $2; END';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
CREATE COLLATION c (locale = 'C');
CREATE SEQUENCE q;
CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler;
CREATE TYPE pair AS (x int, y int);
ANALYZE;

-- case: DROP FUNCTION that a policy uses
CREATE POLICY z ON t USING (f(a) > 0);
-- statement
DROP FUNCTION f(int) CASCADE;

-- case: DROP FUNCTION that a trigger calls
CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noop();
-- statement
DROP FUNCTION noop() CASCADE;

-- case: DROP FUNCTION that a generated column is made of
CREATE TABLE g (a int, b int GENERATED ALWAYS AS (f(a)) STORED);
CREATE INDEX g_b ON g (b);
-- statement
DROP FUNCTION f(int) CASCADE;

-- case: DROP FUNCTION that a rule calls
CREATE RULE z AS ON DELETE TO t DO ALSO UPDATE o SET a = f(1);
-- statement
DROP FUNCTION f(int) CASCADE;

-- case: DROP FUNCTION that an index has in its condition
CREATE INDEX z ON t (id) WHERE f(a) > 5;
-- statement
DROP FUNCTION f(int) CASCADE;

-- case: DROP FUNCTION that a materialized view calls, which a view reads
CREATE MATERIALIZED VIEW m AS SELECT f(a) AS a FROM t;
CREATE INDEX m_a ON m (a);
CREATE VIEW v AS SELECT a FROM m;
-- statement
DROP FUNCTION f(int) CASCADE;

-- case: DROP FUNCTION of which there are two
CREATE INDEX z ON t (twice(a));
-- statement
DROP FUNCTION twice(text) CASCADE;

-- case: DROP FUNCTION in a schema
ALTER TABLE t ADD CONSTRAINT z CHECK (s.far(a) > 0);
-- statement
DROP FUNCTION s.far(int) CASCADE;

-- case: DROP FUNCTION that got another name
ALTER TABLE t ADD CONSTRAINT z CHECK (f(a) > 0);
ALTER FUNCTION f(int) RENAME TO g;
-- statement
DROP FUNCTION g(int) CASCADE;

-- case: DROP FUNCTION whose user is gone
ALTER TABLE t ALTER COLUMN a SET DEFAULT f(1);
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
-- statement
DROP FUNCTION f(int) CASCADE;

-- case: DROP FUNCTION that nobody calls any more, as what it was called by went
ALTER TABLE t ADD CONSTRAINT z CHECK (b === 'ok');
DROP OPERATOR === (text, text) CASCADE;
-- statement
DROP FUNCTION same(text, text) CASCADE;

-- case: DROP OPERATOR that a CHECK uses
ALTER TABLE t ADD CONSTRAINT z CHECK (b === 'ok');
-- statement
DROP OPERATOR === (text, text) CASCADE;

-- case: DROP FUNCTION of an operator that an index uses
CREATE INDEX z ON t (id) WHERE b === 'ok';
-- statement
DROP FUNCTION same(text, text) CASCADE;

-- case: DROP COLLATION of an index
CREATE INDEX z ON t (b COLLATE c);
-- statement
DROP COLLATION c CASCADE;

-- case: DROP COLLATION of a view
CREATE VIEW v AS SELECT b FROM t ORDER BY b COLLATE c;
-- statement
DROP COLLATION c CASCADE;

-- case: DROP COLLATION that a column had
ALTER TABLE t ADD COLUMN z text COLLATE c;
ALTER TABLE t ALTER COLUMN z TYPE text;
-- statement
DROP COLLATION c CASCADE;

-- case: DROP TYPE that a default, an index and a view cast to
ALTER TABLE t ALTER COLUMN b SET DEFAULT 'ok'::mood::text;
CREATE VIEW v AS SELECT b::mood AS m FROM t;
-- statement
DROP TYPE mood CASCADE;

-- case: DROP TYPE of a column that has an index, a CHECK and a view
ALTER TABLE t ADD COLUMN m mood CHECK (m <> 'sad');
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t;
-- statement
DROP TYPE mood CASCADE;

-- case: DROP TYPE of an array
ALTER TABLE t ADD COLUMN m mood[];
-- statement
DROP TYPE mood CASCADE;

-- case: DROP SEQUENCE that a serial and a view use
CREATE TABLE ids (id serial PRIMARY KEY);
-- statement
DROP SEQUENCE ids_id_seq CASCADE;

-- case: DROP SEQUENCE that got another name
ALTER TABLE t ALTER COLUMN a SET DEFAULT nextval('q');
ALTER SEQUENCE q RENAME TO r;
-- statement
DROP SEQUENCE r CASCADE;

-- case: DROP ACCESS METHOD of an index
CREATE OPERATOR CLASS cls DEFAULT FOR TYPE int USING am AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
-- statement
DROP ACCESS METHOD am CASCADE;

-- case: DROP SCHEMA with what others use
ALTER TABLE t ADD CONSTRAINT z CHECK (s.far(a) > 0);
CREATE TYPE s.d AS ENUM ('x');
CREATE TABLE uses (d s.d, e int);
-- statement
DROP SCHEMA s CASCADE;

-- case: DROP TABLE whose rows a function takes
CREATE FUNCTION takes(t) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1.id';
-- statement
DROP TABLE t CASCADE;

-- case: DROP TYPE of a composite in a composite
CREATE TYPE whole AS (p pair, n int);
CREATE TABLE w (w whole);
-- statement
DROP TYPE pair CASCADE;

-- case: DROP DOMAIN over which another is
CREATE DOMAIN d AS int;
CREATE DOMAIN e AS d;
CREATE TABLE de (d d, e e);
-- statement
DROP DOMAIN d CASCADE;
