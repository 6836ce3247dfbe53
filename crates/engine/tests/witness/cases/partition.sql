-- setup
CREATE TABLE p (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
INSERT INTO p SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TABLE n (id bigint, c int);
INSERT INTO n SELECT g + 20000, g FROM generate_series(1, 5000) g;
CREATE TABLE nc (id bigint, c int, CONSTRAINT nc_range CHECK (id >= 20000 AND id < 30000 AND id IS NOT NULL));
INSERT INTO nc SELECT g + 20000, g FROM generate_series(1, 5000) g;
CREATE TABLE pd (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE pd1 PARTITION OF pd FOR VALUES FROM (0) TO (10000);
CREATE TABLE pdd PARTITION OF pd DEFAULT;
INSERT INTO pd SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO pd SELECT g + 100000, g FROM generate_series(1, 5000) g;
CREATE TABLE px (id bigint PRIMARY KEY, c int) PARTITION BY RANGE (id);
CREATE TABLE px1 PARTITION OF px FOR VALUES FROM (0) TO (10000);
CREATE INDEX px_c ON px (c);
INSERT INTO px SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE pl (id bigint, c text) PARTITION BY LIST (c);
CREATE TABLE pl_a PARTITION OF pl FOR VALUES IN ('a');
CREATE TABLE ph (id bigint) PARTITION BY HASH (id);
CREATE TABLE ph0 PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE pp (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE pp1 PARTITION OF pp FOR VALUES FROM (0) TO (10000) PARTITION BY RANGE (c);
CREATE TABLE pp11 PARTITION OF pp1 FOR VALUES FROM (0) TO (10000);
INSERT INTO pp SELECT g, g FROM generate_series(1, 5000) g;
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
ANALYZE;

-- case: CREATE TABLE PARTITION OF
-- statement
CREATE TABLE z PARTITION OF p FOR VALUES FROM (20000) TO (30000);

-- case: CREATE TABLE PARTITION OF one with a default partition
-- statement
CREATE TABLE z PARTITION OF pd FOR VALUES FROM (20000) TO (30000);

-- case: CREATE TABLE PARTITION OF one with a default partition whose CHECK excludes it
ALTER TABLE pdd ADD CHECK (id >= 100000 AND id IS NOT NULL);
-- statement
CREATE TABLE z PARTITION OF pd FOR VALUES FROM (20000) TO (30000);

-- case: CREATE TABLE PARTITION OF DEFAULT
-- statement
CREATE TABLE z PARTITION OF p DEFAULT;

-- case: CREATE TABLE PARTITION OF with indexes
-- statement
CREATE TABLE z PARTITION OF px FOR VALUES FROM (20000) TO (30000);

-- case: CREATE TABLE PARTITION OF IF NOT EXISTS that is there
-- statement
CREATE TABLE IF NOT EXISTS p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);

-- case: CREATE TABLE PARTITION OF a list
-- statement
CREATE TABLE z PARTITION OF pl FOR VALUES IN ('b', 'c');

-- case: CREATE TABLE PARTITION OF a hash
-- statement
CREATE TABLE z PARTITION OF ph FOR VALUES WITH (MODULUS 2, REMAINDER 1);

-- case: CREATE TABLE PARTITION OF that is partitioned itself
-- statement
CREATE TABLE z PARTITION OF p FOR VALUES FROM (20000) TO (30000) PARTITION BY LIST (c);

-- case: CREATE TABLE PARTITION OF a partition
-- statement
CREATE TABLE z PARTITION OF pp1 FOR VALUES FROM (20000) TO (30000);

-- case: CREATE TABLE PARTITION OF with a trigger on the parent
CREATE TRIGGER tg AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION noop();
-- statement
CREATE TABLE z PARTITION OF p FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH without a CHECK
-- statement
ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with a CHECK
-- statement
ALTER TABLE p ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with a CHECK that says nothing of NULL
ALTER TABLE n ADD CHECK (id >= 20000 AND id < 30000);
-- statement
ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with a CHECK and NOT NULL
ALTER TABLE n ADD CHECK (id >= 20000 AND id < 30000);
ALTER TABLE n ALTER COLUMN id SET NOT NULL;
-- statement
ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with a CHECK that is not valid
ALTER TABLE n ADD CHECK (id >= 20000 AND id < 30000 AND id IS NOT NULL) NOT VALID;
-- statement
ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with a narrower CHECK
ALTER TABLE n ADD CHECK (id >= 20000 AND id < 26000 AND id IS NOT NULL);
-- statement
ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH to one with a default partition
-- statement
ALTER TABLE pd ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH to one with a default partition whose CHECK excludes it
ALTER TABLE pdd ADD CHECK (id >= 100000 AND id IS NOT NULL);
-- statement
ALTER TABLE pd ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH as the default partition
-- statement
ALTER TABLE p ATTACH PARTITION n DEFAULT;

-- case: ATTACH as the default partition with a CHECK
ALTER TABLE n ADD CHECK (id >= 20000 AND id IS NOT NULL);
-- statement
ALTER TABLE p ATTACH PARTITION n DEFAULT;

-- case: ATTACH without the indexes
ALTER TABLE nc ALTER COLUMN id SET NOT NULL;
-- statement
ALTER TABLE px ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with the indexes
ALTER TABLE nc ADD PRIMARY KEY (id);
CREATE INDEX nc_c ON nc (c);
-- statement
ALTER TABLE px ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH with an index of its own besides
ALTER TABLE nc ADD PRIMARY KEY (id);
CREATE INDEX nc_c ON nc (c);
CREATE INDEX nc_own ON nc ((c + 1));
-- statement
ALTER TABLE px ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH a partitioned table
CREATE TABLE sub (id bigint, c int) PARTITION BY RANGE (id);
CREATE TABLE sub1 PARTITION OF sub FOR VALUES FROM (20000) TO (25000);
INSERT INTO sub SELECT g + 20000, g FROM generate_series(1, 4000) g;
ANALYZE sub;
-- statement
ALTER TABLE p ATTACH PARTITION sub FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH to a partition
UPDATE n SET id = id - 20000, c = c + 20000;
-- statement
ALTER TABLE pp1 ATTACH PARTITION n FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH a foreign table
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE ft (id bigint, c int) SERVER nowhere;
-- statement
ALTER TABLE p ATTACH PARTITION ft FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH to a table with a trigger
CREATE TRIGGER tg AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION noop();
-- statement
ALTER TABLE p ATTACH PARTITION nc FOR VALUES FROM (20000) TO (30000);

-- case: DETACH
-- statement
ALTER TABLE p DETACH PARTITION p1;

-- case: DETACH from one with a default partition
-- statement
ALTER TABLE pd DETACH PARTITION pd1;

-- case: DETACH of a default partition
-- statement
ALTER TABLE pd DETACH PARTITION pdd;

-- case: DETACH with indexes
-- statement
ALTER TABLE px DETACH PARTITION px1;

-- case: DETACH of a partitioned partition
-- statement
ALTER TABLE pp DETACH PARTITION pp1;

-- case: DETACH CONCURRENTLY
-- versions: 14-
-- alone
-- statement
ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;

-- case: DETACH CONCURRENTLY with indexes
-- versions: 14-
-- alone
-- statement
ALTER TABLE px DETACH PARTITION px1 CONCURRENTLY;

-- case: DETACH CONCURRENTLY with a foreign key
-- versions: 14-
CREATE TABLE r (id bigint PRIMARY KEY);
INSERT INTO r SELECT g FROM generate_series(1, 20000) g;
ANALYZE r;
ALTER TABLE p ADD FOREIGN KEY (id) REFERENCES r;
-- alone
-- statement
ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;

-- case: DETACH FINALIZE
-- versions: 14-
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'p1'::regclass;
-- statement
ALTER TABLE p DETACH PARTITION p1 FINALIZE;

-- case: DROP TABLE of a partition
-- statement
DROP TABLE p1;

-- case: DROP TABLE of a partition beside a default partition
-- statement
DROP TABLE pd1;

-- case: DROP TABLE of a default partition
-- statement
DROP TABLE pdd;

-- case: DROP TABLE of a partition of a partition
-- statement
DROP TABLE pp11;

-- case: DROP TABLE of a partitioned table
-- statement
DROP TABLE px;

-- case: TRUNCATE of a partition
-- statement
TRUNCATE p1;

-- case: TRUNCATE of a partitioned table
-- statement
TRUNCATE p;

-- case: CREATE INDEX on a table whose partitions are partitioned
-- statement
CREATE INDEX z ON pp (c);

-- case: SET NOT NULL on a partition
-- statement
ALTER TABLE p1 ALTER COLUMN c SET NOT NULL;

-- case: SET DEFAULT on a partition
-- statement
ALTER TABLE p1 ALTER COLUMN c SET DEFAULT 1;

-- case: SET fillfactor of a partition
-- statement
ALTER TABLE p1 SET (fillfactor = 80);

-- case: SET SCHEMA of a partition
CREATE SCHEMA other;
-- statement
ALTER TABLE p1 SET SCHEMA other;

-- case: SELECT of one partition's rows
-- statement
SELECT * FROM p WHERE id = 5;

-- case: SELECT of one partition's rows by a function that is evaluated when it runs
-- statement
SELECT * FROM p WHERE id = (SELECT 5);

-- case: SELECT of all rows
-- statement
SELECT count(*) FROM p;

-- case: SELECT of a partition
-- statement
SELECT count(*) FROM p1;

-- case: INSERT by way of the partitioned table
-- statement
INSERT INTO p VALUES (1, 1);

-- case: INSERT into a partition
-- statement
INSERT INTO p1 VALUES (1, 1);

-- case: UPDATE of one partition's rows
-- statement
UPDATE p SET c = 1 WHERE id = 5;

-- case: UPDATE that moves a row
-- statement
UPDATE p SET id = 10001 WHERE id = 5;

-- case: DELETE of one partition's rows
-- statement
DELETE FROM p WHERE id = 5;
