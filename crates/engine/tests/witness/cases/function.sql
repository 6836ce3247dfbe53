-- setup
CREATE SCHEMA other;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE r (id bigint PRIMARY KEY, a int);
INSERT INTO r SELECT g, g FROM generate_series(1, 5000) g;
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION indexed(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE INDEX t_f ON t (indexed(b));
CREATE FUNCTION checked(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 >= 0';
ALTER TABLE t ADD CONSTRAINT t_checked CHECK (checked(a));
CREATE FUNCTION defaulted() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE t ALTER COLUMN a SET DEFAULT defaulted();
CREATE FUNCTION viewed(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1';
CREATE VIEW v AS SELECT viewed(a) FROM t;
CREATE PROCEDURE pr() LANGUAGE plpgsql AS 'BEGIN UPDATE t SET a = 1 WHERE id = 1; END';
CREATE FUNCTION writes() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM r WHERE id = 1; END';
CREATE FUNCTION locks() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER TABLE r ADD COLUMN z int; END';
CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION eq(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = eq);
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS cls FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int);
CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH CONFIGURATION conf (COPY = pg_catalog.english);
CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple);
CREATE TEXT SEARCH PARSER pars (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE templ (LEXIZE = dsimple_lexize);
CREATE LANGUAGE lang HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler;
ANALYZE;

-- case: CREATE FUNCTION
-- statement
CREATE FUNCTION z(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT a FROM t WHERE id = $1); END';

-- case: CREATE FUNCTION in SQL that reads a table
-- statement
CREATE FUNCTION z(int) RETURNS int LANGUAGE sql AS 'SELECT a FROM t WHERE id = $1';

-- case: CREATE FUNCTION with a body of SQL
-- versions: 14-
-- statement
CREATE FUNCTION z(int) RETURNS int RETURN (SELECT a FROM t WHERE id = $1);

-- case: CREATE FUNCTION with an atomic body that writes
-- versions: 14-
-- statement
CREATE FUNCTION z(int) RETURNS void BEGIN ATOMIC UPDATE t SET a = 1 WHERE id = $1; END;

-- case: CREATE FUNCTION that returns a table's rows
-- statement
CREATE FUNCTION z() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';

-- case: CREATE OR REPLACE FUNCTION
-- statement
CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';

-- case: CREATE OR REPLACE FUNCTION that an index uses
-- statement
CREATE OR REPLACE FUNCTION indexed(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';

-- case: CREATE PROCEDURE
-- statement
CREATE PROCEDURE z() LANGUAGE sql AS 'DELETE FROM r';

-- case: ALTER FUNCTION
-- statement
ALTER FUNCTION f(int) STABLE COST 5;

-- case: ALTER FUNCTION SET
-- statement
ALTER FUNCTION f(int) SET search_path = public;

-- case: ALTER FUNCTION RENAME
-- statement
ALTER FUNCTION f(int) RENAME TO z;

-- case: ALTER FUNCTION SET SCHEMA
-- statement
ALTER FUNCTION f(int) SET SCHEMA other;

-- case: ALTER FUNCTION OWNER
-- statement
ALTER FUNCTION f(int) OWNER TO witness_owner;

-- case: ALTER FUNCTION DEPENDS ON EXTENSION
-- statement
ALTER FUNCTION f(int) DEPENDS ON EXTENSION plpgsql;

-- case: ALTER PROCEDURE RENAME
-- statement
ALTER PROCEDURE pr() RENAME TO z;

-- case: ALTER PROCEDURE OWNER
-- statement
ALTER PROCEDURE pr() OWNER TO witness_owner;

-- case: ALTER ROUTINE
-- statement
ALTER ROUTINE pr() SECURITY DEFINER;

-- case: ALTER PROCEDURE SET SCHEMA
-- statement
ALTER PROCEDURE pr() SET SCHEMA other;

-- case: ALTER ROUTINE SET SCHEMA
-- statement
ALTER ROUTINE f(int) SET SCHEMA other;

-- case: ALTER ROUTINE OWNER
-- statement
ALTER ROUTINE f(int) OWNER TO witness_owner;

-- case: ALTER ROUTINE RENAME
-- statement
ALTER ROUTINE f(int) RENAME TO z;

-- case: COMMENT ON FUNCTION
-- statement
COMMENT ON FUNCTION f(int) IS 'a comment';

-- case: COMMENT ON PROCEDURE
-- statement
COMMENT ON PROCEDURE pr() IS 'a comment';

-- case: COMMENT ON ROUTINE
-- statement
COMMENT ON ROUTINE pr() IS 'a comment';

-- case: GRANT on a function
-- statement
GRANT EXECUTE ON FUNCTION f(int) TO witness_reader;

-- case: GRANT on a procedure
-- statement
GRANT EXECUTE ON PROCEDURE pr() TO witness_reader;

-- case: GRANT on all routines
-- statement
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA public TO witness_reader;

-- case: DROP FUNCTION
-- statement
DROP FUNCTION f(int);

-- case: DROP FUNCTION IF EXISTS that is not there
-- statement
DROP FUNCTION IF EXISTS missing(int);

-- case: DROP FUNCTION that an index uses, with CASCADE
-- statement
DROP FUNCTION indexed(text) CASCADE;

-- case: DROP FUNCTION that a CHECK uses, with CASCADE
-- statement
DROP FUNCTION checked(int) CASCADE;

-- case: DROP FUNCTION that a default uses, with CASCADE
-- statement
DROP FUNCTION defaulted() CASCADE;

-- case: DROP FUNCTION that a view uses, with CASCADE
-- statement
DROP FUNCTION viewed(int) CASCADE;

-- case: DROP PROCEDURE
-- statement
DROP PROCEDURE pr();

-- case: DROP ROUTINE
-- statement
DROP ROUTINE pr();

-- case: CALL
-- statement
CALL pr();

-- case: SELECT of a function that writes
-- statement
SELECT writes();

-- case: SELECT of a function that changes a table
-- statement
SELECT locks();

-- case: CREATE AGGREGATE
-- statement
CREATE AGGREGATE z(int) (SFUNC = int4pl, STYPE = int);

-- case: CREATE OR REPLACE AGGREGATE
-- statement
CREATE OR REPLACE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1');

-- case: ALTER AGGREGATE RENAME
-- statement
ALTER AGGREGATE agg(int) RENAME TO z;

-- case: ALTER AGGREGATE OWNER
-- statement
ALTER AGGREGATE agg(int) OWNER TO witness_owner;

-- case: ALTER AGGREGATE SET SCHEMA
-- statement
ALTER AGGREGATE agg(int) SET SCHEMA other;

-- case: COMMENT ON AGGREGATE
-- statement
COMMENT ON AGGREGATE agg(int) IS 'a comment';

-- case: DROP AGGREGATE
-- statement
DROP AGGREGATE agg(int);

-- case: CREATE OPERATOR
-- statement
CREATE OPERATOR ==== (LEFTARG = text, RIGHTARG = text, FUNCTION = eq);

-- case: ALTER OPERATOR SET
-- statement
ALTER OPERATOR === (text, text) SET (RESTRICT = eqsel);

-- case: ALTER OPERATOR OWNER
-- statement
ALTER OPERATOR === (text, text) OWNER TO witness_owner;

-- case: ALTER OPERATOR SET SCHEMA
-- statement
ALTER OPERATOR === (text, text) SET SCHEMA other;

-- case: COMMENT ON OPERATOR
-- statement
COMMENT ON OPERATOR === (text, text) IS 'a comment';

-- case: DROP OPERATOR
-- statement
DROP OPERATOR === (text, text);

-- case: CREATE OPERATOR FAMILY
-- statement
CREATE OPERATOR FAMILY z USING btree;

-- case: ALTER OPERATOR FAMILY ADD
-- statement
ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int4, int8), FUNCTION 1 btint48cmp(int4, int8);

-- case: ALTER OPERATOR FAMILY DROP
ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int4, int8);
-- statement
ALTER OPERATOR FAMILY fam USING btree DROP OPERATOR 1 (int4, int8);

-- case: ALTER OPERATOR FAMILY RENAME
-- statement
ALTER OPERATOR FAMILY fam USING btree RENAME TO z;

-- case: ALTER OPERATOR FAMILY OWNER
-- statement
ALTER OPERATOR FAMILY fam USING btree OWNER TO witness_owner;

-- case: ALTER OPERATOR FAMILY SET SCHEMA
-- statement
ALTER OPERATOR FAMILY fam USING btree SET SCHEMA other;

-- case: COMMENT ON OPERATOR FAMILY
-- statement
COMMENT ON OPERATOR FAMILY fam USING btree IS 'a comment';

-- case: DROP OPERATOR FAMILY
-- statement
DROP OPERATOR FAMILY fam USING btree;

-- case: CREATE OPERATOR CLASS
-- statement
CREATE OPERATOR CLASS z FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);

-- case: ALTER OPERATOR CLASS RENAME
-- statement
ALTER OPERATOR CLASS cls USING hash RENAME TO z;

-- case: ALTER OPERATOR CLASS OWNER
-- statement
ALTER OPERATOR CLASS cls USING hash OWNER TO witness_owner;

-- case: ALTER OPERATOR CLASS SET SCHEMA
-- statement
ALTER OPERATOR CLASS cls USING hash SET SCHEMA other;

-- case: COMMENT ON OPERATOR CLASS
-- statement
COMMENT ON OPERATOR CLASS cls USING hash IS 'a comment';

-- case: DROP OPERATOR CLASS that an index uses, with CASCADE
CREATE INDEX t_hash ON t USING hash (a cls);
-- statement
DROP OPERATOR CLASS cls USING hash CASCADE;

-- case: CREATE CONVERSION
-- statement
CREATE CONVERSION z FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- case: ALTER CONVERSION RENAME
-- statement
ALTER CONVERSION conv RENAME TO z;

-- case: ALTER CONVERSION OWNER
-- statement
ALTER CONVERSION conv OWNER TO witness_owner;

-- case: ALTER CONVERSION SET SCHEMA
-- statement
ALTER CONVERSION conv SET SCHEMA other;

-- case: COMMENT ON CONVERSION
-- statement
COMMENT ON CONVERSION conv IS 'a comment';

-- case: DROP CONVERSION
-- statement
DROP CONVERSION conv;

-- case: CREATE TEXT SEARCH CONFIGURATION
-- statement
CREATE TEXT SEARCH CONFIGURATION z (COPY = pg_catalog.simple);

-- case: ALTER TEXT SEARCH CONFIGURATION
-- statement
ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR asciiword WITH dict;

-- case: ALTER TEXT SEARCH CONFIGURATION RENAME
-- statement
ALTER TEXT SEARCH CONFIGURATION conf RENAME TO z;

-- case: ALTER TEXT SEARCH CONFIGURATION OWNER
-- statement
ALTER TEXT SEARCH CONFIGURATION conf OWNER TO witness_owner;

-- case: ALTER TEXT SEARCH CONFIGURATION SET SCHEMA
-- statement
ALTER TEXT SEARCH CONFIGURATION conf SET SCHEMA other;

-- case: COMMENT ON TEXT SEARCH CONFIGURATION
-- statement
COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'a comment';

-- case: DROP TEXT SEARCH CONFIGURATION that an index uses, with CASCADE
CREATE INDEX t_fts ON t USING gin (to_tsvector('conf', b));
-- statement
DROP TEXT SEARCH CONFIGURATION conf CASCADE;

-- case: CREATE TEXT SEARCH DICTIONARY
-- statement
CREATE TEXT SEARCH DICTIONARY z (TEMPLATE = simple);

-- case: ALTER TEXT SEARCH DICTIONARY
-- statement
ALTER TEXT SEARCH DICTIONARY dict (accept = false);

-- case: ALTER TEXT SEARCH DICTIONARY RENAME
-- statement
ALTER TEXT SEARCH DICTIONARY dict RENAME TO z;

-- case: ALTER TEXT SEARCH DICTIONARY OWNER
-- statement
ALTER TEXT SEARCH DICTIONARY dict OWNER TO witness_owner;

-- case: ALTER TEXT SEARCH DICTIONARY SET SCHEMA
-- statement
ALTER TEXT SEARCH DICTIONARY dict SET SCHEMA other;

-- case: COMMENT ON TEXT SEARCH DICTIONARY
-- statement
COMMENT ON TEXT SEARCH DICTIONARY dict IS 'a comment';

-- case: DROP TEXT SEARCH DICTIONARY
-- statement
DROP TEXT SEARCH DICTIONARY dict;

-- case: CREATE TEXT SEARCH PARSER
-- statement
CREATE TEXT SEARCH PARSER z (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);

-- case: ALTER TEXT SEARCH PARSER RENAME
-- statement
ALTER TEXT SEARCH PARSER pars RENAME TO z;

-- case: ALTER TEXT SEARCH PARSER SET SCHEMA
-- statement
ALTER TEXT SEARCH PARSER pars SET SCHEMA other;

-- case: COMMENT ON TEXT SEARCH PARSER
-- statement
COMMENT ON TEXT SEARCH PARSER pars IS 'a comment';

-- case: DROP TEXT SEARCH PARSER
-- statement
DROP TEXT SEARCH PARSER pars;

-- case: CREATE TEXT SEARCH TEMPLATE
-- statement
CREATE TEXT SEARCH TEMPLATE z (LEXIZE = dsimple_lexize);

-- case: ALTER TEXT SEARCH TEMPLATE RENAME
-- statement
ALTER TEXT SEARCH TEMPLATE templ RENAME TO z;

-- case: ALTER TEXT SEARCH TEMPLATE SET SCHEMA
-- statement
ALTER TEXT SEARCH TEMPLATE templ SET SCHEMA other;

-- case: COMMENT ON TEXT SEARCH TEMPLATE
-- statement
COMMENT ON TEXT SEARCH TEMPLATE templ IS 'a comment';

-- case: DROP TEXT SEARCH TEMPLATE
-- statement
DROP TEXT SEARCH TEMPLATE templ;

-- case: CREATE LANGUAGE
-- statement
CREATE LANGUAGE z HANDLER plpgsql_call_handler;

-- case: ALTER LANGUAGE RENAME
-- statement
ALTER LANGUAGE lang RENAME TO z;

-- case: ALTER LANGUAGE OWNER
-- statement
ALTER LANGUAGE lang OWNER TO witness_owner;

-- case: COMMENT ON LANGUAGE
-- statement
COMMENT ON LANGUAGE lang IS 'a comment';

-- case: GRANT on a language
-- statement
GRANT USAGE ON LANGUAGE plpgsql TO witness_reader;

-- case: DROP LANGUAGE
-- statement
DROP LANGUAGE lang;

-- case: CREATE ACCESS METHOD
-- statement
CREATE ACCESS METHOD z TYPE INDEX HANDLER bthandler;

-- case: COMMENT ON ACCESS METHOD
-- statement
COMMENT ON ACCESS METHOD am IS 'a comment';

-- case: DROP ACCESS METHOD that a table has, with CASCADE
CREATE TABLE with_am (id int) USING am;
-- statement
DROP ACCESS METHOD am CASCADE;

-- case: CREATE TRANSFORM
CREATE FUNCTION to_sql(internal) RETURNS int LANGUAGE internal IMMUTABLE AS 'int4recv';
-- statement
CREATE TRANSFORM FOR int LANGUAGE plpgsql (TO SQL WITH FUNCTION to_sql(internal), FROM SQL WITH FUNCTION prsd_lextype(internal));

-- case: COMMENT ON TRANSFORM
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal));
-- statement
COMMENT ON TRANSFORM FOR int LANGUAGE plpgsql IS 'a comment';

-- case: DROP TRANSFORM
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal));
-- statement
DROP TRANSFORM FOR int LANGUAGE plpgsql;
