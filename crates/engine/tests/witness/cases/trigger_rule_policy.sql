-- setup
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE o (id bigint PRIMARY KEY, a int);
INSERT INTO o SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
CREATE VIEW v AS SELECT id, a FROM t;
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION noop_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION is_mine(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM o WHERE a = $1)';
CREATE TRIGGER tg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noop();
CREATE TRIGGER ptg AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION noop();
CREATE RULE ru AS ON DELETE TO t WHERE false DO NOTHING;
CREATE POLICY po ON t USING (a > 0);
CREATE EVENT TRIGGER ev ON ddl_command_end WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION noop_event();
ANALYZE;

-- case: CREATE TRIGGER
-- statement
CREATE TRIGGER z BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION noop();

-- case: CREATE TRIGGER for each statement, with transition tables
-- statement
CREATE TRIGGER z AFTER UPDATE ON t REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION noop();

-- case: CREATE TRIGGER on TRUNCATE
-- statement
CREATE TRIGGER z BEFORE TRUNCATE ON t EXECUTE FUNCTION noop();

-- case: CREATE OR REPLACE TRIGGER
-- versions: 14-
-- statement
CREATE OR REPLACE TRIGGER tg AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION noop();

-- case: CREATE TRIGGER INSTEAD OF on a view
-- statement
CREATE TRIGGER z INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION noop();

-- case: CREATE TRIGGER on a partitioned table
-- statement
CREATE TRIGGER z AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION noop();

-- case: CREATE CONSTRAINT TRIGGER
-- statement
CREATE CONSTRAINT TRIGGER z AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION noop();

-- case: CREATE CONSTRAINT TRIGGER with FROM
-- statement
CREATE CONSTRAINT TRIGGER z AFTER INSERT ON t FROM o DEFERRABLE FOR EACH ROW EXECUTE FUNCTION noop();

-- case: DROP TRIGGER
-- statement
DROP TRIGGER tg ON t;

-- case: DROP TRIGGER IF EXISTS that is not there
-- statement
DROP TRIGGER IF EXISTS missing ON t;

-- case: DROP TRIGGER IF EXISTS on a table that is not there
-- statement
DROP TRIGGER IF EXISTS missing ON missing;

-- case: DROP TRIGGER of a partitioned table
-- statement
DROP TRIGGER ptg ON p;

-- case: DROP of a constraint trigger with FROM
CREATE CONSTRAINT TRIGGER z AFTER INSERT ON t FROM o DEFERRABLE FOR EACH ROW EXECUTE FUNCTION noop();
-- statement
DROP TRIGGER z ON t;

-- case: ALTER TRIGGER RENAME
-- statement
ALTER TRIGGER tg ON t RENAME TO z;

-- case: ALTER TRIGGER RENAME of a partitioned table
-- statement
ALTER TRIGGER ptg ON p RENAME TO z;

-- case: ALTER TRIGGER DEPENDS ON EXTENSION
-- statement
ALTER TRIGGER tg ON t DEPENDS ON EXTENSION plpgsql;

-- case: COMMENT ON TRIGGER
-- statement
COMMENT ON TRIGGER tg ON t IS 'a comment';

-- case: DROP FUNCTION of a trigger, with CASCADE
-- statement
DROP FUNCTION noop() CASCADE;

-- case: CREATE OR REPLACE FUNCTION of a trigger
-- statement
CREATE OR REPLACE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';

-- case: CREATE RULE
-- statement
CREATE RULE z AS ON UPDATE TO t DO ALSO INSERT INTO o VALUES (NEW.id, 1);

-- case: CREATE RULE DO INSTEAD NOTHING
-- statement
CREATE RULE z AS ON INSERT TO t DO INSTEAD NOTHING;

-- case: CREATE OR REPLACE RULE
-- statement
CREATE OR REPLACE RULE ru AS ON DELETE TO t DO NOTHING;

-- case: CREATE RULE on a view
-- statement
CREATE RULE z AS ON INSERT TO v DO INSTEAD INSERT INTO o VALUES (NEW.id, NEW.a);

-- case: ALTER RULE RENAME
-- statement
ALTER RULE ru ON t RENAME TO z;

-- case: COMMENT ON RULE
-- statement
COMMENT ON RULE ru ON t IS 'a comment';

-- case: DROP RULE
-- statement
DROP RULE ru ON t;

-- case: DROP RULE IF EXISTS that is not there
-- statement
DROP RULE IF EXISTS missing ON t;

-- case: CREATE POLICY
-- statement
CREATE POLICY z ON t FOR SELECT TO witness_reader USING (a > 5);

-- case: CREATE POLICY that reads another table
-- statement
CREATE POLICY z ON t AS RESTRICTIVE USING (EXISTS (SELECT FROM o WHERE o.id = t.id)) WITH CHECK (a > 0);

-- case: CREATE POLICY with a function
-- statement
CREATE POLICY z ON t USING (is_mine(a));

-- case: ALTER POLICY
-- statement
ALTER POLICY po ON t USING (a > 10);

-- case: ALTER POLICY TO a role
-- statement
ALTER POLICY po ON t TO witness_reader;

-- case: ALTER POLICY RENAME
-- statement
ALTER POLICY po ON t RENAME TO z;

-- case: COMMENT ON POLICY
-- statement
COMMENT ON POLICY po ON t IS 'a comment';

-- case: DROP POLICY
-- statement
DROP POLICY po ON t;

-- case: DROP POLICY IF EXISTS that is not there
-- statement
DROP POLICY IF EXISTS missing ON t;

-- case: DROP POLICY that reads another table
CREATE POLICY z ON t USING (EXISTS (SELECT FROM o WHERE o.id = t.id));
-- statement
DROP POLICY z ON t;

-- case: CREATE EVENT TRIGGER
-- statement
CREATE EVENT TRIGGER z ON ddl_command_start EXECUTE FUNCTION noop_event();

-- case: ALTER EVENT TRIGGER
-- statement
ALTER EVENT TRIGGER ev DISABLE;

-- case: ALTER EVENT TRIGGER RENAME
-- statement
ALTER EVENT TRIGGER ev RENAME TO z;

-- case: ALTER EVENT TRIGGER OWNER
-- statement
ALTER EVENT TRIGGER ev OWNER TO CURRENT_USER;

-- case: COMMENT ON EVENT TRIGGER
-- statement
COMMENT ON EVENT TRIGGER ev IS 'a comment';

-- case: DROP EVENT TRIGGER
-- statement
DROP EVENT TRIGGER ev;
