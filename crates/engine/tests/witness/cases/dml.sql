-- setup
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE INDEX t_a ON t (a);
CREATE TABLE r (id bigint PRIMARY KEY, a int, u int UNIQUE);
INSERT INTO r SELECT g, g, g FROM generate_series(1, 5000) g;
CREATE TABLE ref (id bigint PRIMARY KEY, r_id bigint REFERENCES r);
INSERT INTO ref SELECT g, g FROM generate_series(1, 2500) g;
CREATE TABLE casc (id bigint PRIMARY KEY, r_u int REFERENCES r (u) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO casc SELECT g, g FROM generate_series(1, 5000) g;
CREATE INDEX casc_u ON casc (r_u);
CREATE TABLE nulls (id bigint PRIMARY KEY, r_u int REFERENCES r (u) ON DELETE SET NULL);
INSERT INTO nulls SELECT g, g FROM generate_series(3500, 5000) g;
CREATE TABLE audit (id bigint, at timestamptz);
CREATE TABLE traced (id bigint PRIMARY KEY, a int);
INSERT INTO traced SELECT g, g FROM generate_series(1, 5000) g;
CREATE FUNCTION trace() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit VALUES (NEW.id, now()); RETURN NEW; END';
CREATE TRIGGER tg AFTER INSERT OR UPDATE ON traced FOR EACH ROW EXECUTE FUNCTION trace();
CREATE TABLE ruled (id bigint PRIMARY KEY, a int);
INSERT INTO ruled SELECT g, g FROM generate_series(1, 5000) g;
CREATE RULE ru AS ON UPDATE TO ruled DO ALSO INSERT INTO audit VALUES (NEW.id, now());
CREATE TABLE gone (id bigint);
CREATE RULE nothing AS ON DELETE TO gone DO INSTEAD NOTHING;
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW vj AS SELECT t.id, r.a FROM t JOIN r USING (id);
CREATE VIEW vv AS SELECT id FROM v WHERE a > 5;
CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM r';
CREATE TABLE parent (id bigint, c int);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child () INHERITS (parent);
INSERT INTO child SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE secured (id bigint, a int);
INSERT INTO secured SELECT g, g FROM generate_series(1, 5000) g;
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY po ON secured USING (id IN (SELECT id FROM r));
GRANT SELECT ON secured, r TO witness_reader;
CREATE TABLE ids (id serial PRIMARY KEY, a int);
CREATE TABLE gen (id bigint GENERATED ALWAYS AS IDENTITY, a int);
CREATE TABLE deferred (id bigint PRIMARY KEY, r_id bigint REFERENCES r DEFERRABLE INITIALLY DEFERRED);
ANALYZE;

-- case: SELECT of one row by its key
-- statement
SELECT * FROM t WHERE id = 5;

-- case: SELECT of all rows
-- statement
SELECT * FROM t;

-- case: SELECT with a LIMIT
-- statement
SELECT * FROM t LIMIT 5;

-- case: SELECT LIMIT 0
-- statement
SELECT * FROM t LIMIT 0;

-- case: SELECT without a table
-- statement
SELECT 1;

-- case: SELECT that counts
-- statement
SELECT count(*) FROM t;

-- case: SELECT of a join
-- statement
SELECT t.id FROM t JOIN r USING (id);

-- case: SELECT of a join of a few rows
-- statement
SELECT t.id FROM t JOIN r USING (id) WHERE t.id < 5;

-- case: SELECT of a sub-select
-- statement
SELECT id FROM t WHERE EXISTS (SELECT FROM r WHERE r.id = t.id AND r.a = 5);

-- case: SELECT of a view
-- statement
SELECT * FROM v WHERE id = 5;

-- case: SELECT of a view of a view
-- statement
SELECT count(*) FROM vv;

-- case: SELECT of a view of a join
-- statement
SELECT * FROM vj WHERE id = 5;

-- case: SELECT of a function that reads a table
-- statement
SELECT counts();

-- case: SELECT of a parent of inheritance
-- statement
SELECT count(*) FROM parent;

-- case: SELECT ONLY a parent of inheritance
-- statement
SELECT count(*) FROM ONLY parent;

-- case: SELECT with row level security
SET ROLE witness_reader;
-- statement
SELECT count(*) FROM secured;

-- case: SELECT with row level security that a superuser does not see
-- statement
SELECT count(*) FROM secured;

-- case: SELECT FOR UPDATE
-- statement
SELECT * FROM t WHERE id = 5 FOR UPDATE;

-- case: SELECT FOR SHARE
-- statement
SELECT * FROM t WHERE id = 5 FOR SHARE;

-- case: SELECT FOR NO KEY UPDATE of a join
-- statement
SELECT * FROM t JOIN r USING (id) WHERE t.id = 5 FOR NO KEY UPDATE;

-- case: SELECT FOR UPDATE OF one of a join
-- statement
SELECT * FROM t JOIN r USING (id) WHERE t.id = 5 FOR UPDATE OF r;

-- case: SELECT FOR KEY SHARE SKIP LOCKED
-- statement
SELECT * FROM t WHERE id = 5 FOR KEY SHARE SKIP LOCKED;

-- case: SELECT FOR UPDATE of a view
-- statement
SELECT * FROM v WHERE id = 5 FOR UPDATE;

-- case: UNION
-- statement
SELECT id FROM t WHERE id = 5 UNION SELECT id FROM r WHERE id = 6;

-- case: a common table expression
-- statement
WITH few AS (SELECT id FROM r WHERE id < 5) SELECT * FROM few;

-- case: a common table expression that writes
-- statement
WITH gone AS (DELETE FROM t WHERE id = 5 RETURNING id) INSERT INTO audit SELECT id FROM gone;

-- case: TABLE
-- statement
TABLE r;

-- case: VALUES
-- statement
VALUES (1), (2);

-- case: TABLESAMPLE
-- statement
SELECT count(*) FROM t TABLESAMPLE SYSTEM (10);

-- case: INSERT
-- statement
INSERT INTO t VALUES (100001, 1, 'x');

-- case: INSERT of many rows
-- statement
INSERT INTO t SELECT g + 100000, g, 'x' FROM generate_series(1, 5000) g;

-- case: INSERT of another table's rows
-- statement
INSERT INTO audit SELECT id FROM t;

-- case: INSERT with RETURNING
-- statement
INSERT INTO t VALUES (100001, 1, 'x') RETURNING id;

-- case: INSERT with ON CONFLICT DO NOTHING
-- statement
INSERT INTO t VALUES (1, 1, 'x') ON CONFLICT DO NOTHING;

-- case: INSERT with ON CONFLICT DO UPDATE
-- statement
INSERT INTO t VALUES (1, 1, 'x') ON CONFLICT (id) DO UPDATE SET a = 5;

-- case: INSERT with a foreign key
-- statement
INSERT INTO ref VALUES (100001, 5);

-- case: INSERT with a foreign key that is NULL
-- statement
INSERT INTO ref VALUES (100001, NULL);

-- case: INSERT with a foreign key that is deferred
-- statement
INSERT INTO deferred VALUES (1, 5);

-- case: INSERT into a table with a trigger that writes
-- statement
INSERT INTO traced VALUES (100001, 1);

-- case: INSERT into a serial
-- statement
INSERT INTO ids (a) VALUES (1);

-- case: INSERT into an identity
-- statement
INSERT INTO gen (a) VALUES (1);

-- case: INSERT DEFAULT VALUES
-- statement
INSERT INTO ids DEFAULT VALUES;

-- case: INSERT into a view
-- statement
INSERT INTO v VALUES (100001, 1);

-- case: UPDATE of one row
-- statement
UPDATE t SET a = 1 WHERE id = 5;

-- case: UPDATE of all rows
-- statement
UPDATE t SET b = 'y';

-- case: UPDATE that touches no row
-- statement
UPDATE t SET a = 1 WHERE false;

-- case: UPDATE FROM
-- statement
UPDATE t SET a = r.a FROM r WHERE r.id = t.id;

-- case: UPDATE of a foreign key
-- statement
UPDATE ref SET r_id = 6 WHERE id = 5;

-- case: UPDATE of another column beside a foreign key
-- statement
UPDATE ref SET id = 100005 WHERE id = 5;

-- case: UPDATE of a referenced key that is cascaded
-- statement
UPDATE r SET u = 100005 WHERE id = 3000;

-- case: UPDATE of another column of a referenced table
-- statement
UPDATE r SET a = 1 WHERE id = 5;

-- case: UPDATE of a table with a trigger that writes
-- statement
UPDATE traced SET a = 1 WHERE id = 5;

-- case: UPDATE of a table with a rule
-- statement
UPDATE ruled SET a = 1 WHERE id = 5;

-- case: UPDATE of a view
-- statement
UPDATE v SET a = 1 WHERE id = 5;

-- case: UPDATE of a parent of inheritance
-- statement
UPDATE parent SET c = 1 WHERE id = 5;

-- case: UPDATE of a sub-select
-- statement
UPDATE t SET a = (SELECT max(a) FROM r) WHERE id = 5;

-- case: DELETE of one row
-- statement
DELETE FROM t WHERE id = 5;

-- case: DELETE of all rows
-- statement
DELETE FROM t;

-- case: DELETE USING
-- statement
DELETE FROM t USING r WHERE r.id = t.id AND r.a = 5;

-- case: DELETE of a referenced row
-- statement
DELETE FROM r WHERE id = 4000;

-- case: DELETE of a row that refers
-- statement
DELETE FROM ref WHERE id = 5;

-- case: DELETE with a rule that does nothing
-- statement
DELETE FROM gone;

-- case: DELETE of a parent of inheritance
-- statement
DELETE FROM parent WHERE id = 5;

-- case: MERGE
-- versions: 15-
-- statement
MERGE INTO t USING r ON t.id = r.id AND r.id < 5 WHEN MATCHED THEN UPDATE SET a = r.a WHEN NOT MATCHED AND r.id > 100000 THEN INSERT VALUES (r.id, r.a);

-- case: MERGE that does nothing
-- versions: 15-
-- statement
MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DO NOTHING;

-- case: MERGE that deletes
-- versions: 15-
-- statement
MERGE INTO t USING (VALUES (5)) s (id) ON t.id = s.id WHEN MATCHED THEN DELETE;

-- case: EXPLAIN
-- statement
EXPLAIN UPDATE t SET a = 1 WHERE id = 5;

-- case: EXPLAIN ANALYZE
-- statement
EXPLAIN ANALYZE SELECT * FROM t;

-- case: EXPLAIN of CREATE TABLE AS
-- statement
EXPLAIN CREATE TABLE z AS SELECT * FROM t;

-- case: PREPARE
-- statement
PREPARE z AS SELECT * FROM t WHERE id = $1;

-- case: EXECUTE
PREPARE z (bigint) AS UPDATE t SET a = 1 WHERE id = $1;
-- statement
EXECUTE z (5);

-- case: CREATE TABLE AS EXECUTE
PREPARE q AS SELECT * FROM t;
-- statement
CREATE TABLE z AS EXECUTE q;

-- case: DEALLOCATE
PREPARE z (bigint) AS UPDATE t SET a = 1 WHERE id = $1;
-- statement
DEALLOCATE z;

-- case: DECLARE
-- statement
DECLARE z CURSOR FOR SELECT * FROM t;

-- case: DECLARE WITH HOLD
-- statement
DECLARE z CURSOR WITH HOLD FOR SELECT * FROM t;

-- case: DECLARE FOR UPDATE
-- statement
DECLARE z CURSOR FOR SELECT * FROM t FOR UPDATE;

-- case: FETCH
DECLARE z CURSOR WITH HOLD FOR SELECT * FROM t;
-- statement
FETCH 10 FROM z;

-- case: MOVE
DECLARE z CURSOR WITH HOLD FOR SELECT * FROM t;
-- statement
MOVE ALL FROM z;

-- case: CLOSE
DECLARE z CURSOR WITH HOLD FOR SELECT * FROM t;
-- statement
CLOSE z;

-- case: a temporary table
CREATE TEMPORARY TABLE tmp (id bigint);
-- statement
INSERT INTO tmp SELECT id FROM t WHERE id < 5;
