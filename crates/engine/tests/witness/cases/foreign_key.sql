-- setup
CREATE TABLE r (id bigint PRIMARY KEY, k int UNIQUE, a int);
INSERT INTO r SELECT g, g, g FROM generate_series(1, 5000) g;
CREATE TABLE t (id bigint PRIMARY KEY, r_id bigint, n bigint, k int, parent bigint);
INSERT INTO t SELECT g, g, NULL, g, g FROM generate_series(1, 5000) g;
CREATE TABLE has (id bigint PRIMARY KEY, r_id bigint CONSTRAINT has_fk REFERENCES r);
INSERT INTO has SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE later (id bigint PRIMARY KEY, r_id bigint, n bigint);
INSERT INTO later SELECT g, g FROM generate_series(1, 5000) g;
ALTER TABLE later ADD CONSTRAINT later_fk FOREIGN KEY (r_id) REFERENCES r NOT VALID;
ALTER TABLE later ADD CONSTRAINT later_nulls FOREIGN KEY (n) REFERENCES r NOT VALID;
CREATE TABLE p (id bigint, r_id bigint, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
INSERT INTO p SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TABLE hp (id bigint, r_id bigint CONSTRAINT hp_fk REFERENCES r) PARTITION BY RANGE (id);
CREATE TABLE hp1 PARTITION OF hp FOR VALUES FROM (0) TO (10000);
CREATE TABLE hp2 PARTITION OF hp FOR VALUES FROM (10000) TO (20000);
INSERT INTO hp SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO hp SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TABLE to_p (id bigint, p_id bigint CONSTRAINT to_p_fk REFERENCES p);
INSERT INTO to_p SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE parent (id bigint, r_id bigint);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child () INHERITS (parent);
ANALYZE;

-- case: ADD FOREIGN KEY
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: ADD FOREIGN KEY to a unique column
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (k) REFERENCES r (k);

-- case: ADD FOREIGN KEY on a column that is all NULL
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (n) REFERENCES r;

-- case: ADD FOREIGN KEY on an indexed column
CREATE INDEX t_r_id ON t (r_id);
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: ADD FOREIGN KEY that is not valid
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r NOT VALID;

-- case: ADD FOREIGN KEY that is not enforced
-- versions: 18-
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r NOT ENFORCED;

-- case: ADD FOREIGN KEY with actions, deferrable
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED;

-- case: ADD FOREIGN KEY to itself
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (parent) REFERENCES t;

-- case: ADD two FOREIGN KEYs at once
-- statement
ALTER TABLE t ADD FOREIGN KEY (r_id) REFERENCES r, ADD FOREIGN KEY (n) REFERENCES has;

-- case: ADD FOREIGN KEY on a partitioned table
-- statement
ALTER TABLE p ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: ADD FOREIGN KEY on a partitioned table where a partition has it
ALTER TABLE p1 ADD CONSTRAINT z1 FOREIGN KEY (r_id) REFERENCES r;
-- statement
ALTER TABLE p ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: ADD FOREIGN KEY on a partitioned table where all partitions have it
ALTER TABLE p1 ADD CONSTRAINT z1 FOREIGN KEY (r_id) REFERENCES r;
ALTER TABLE p2 ADD CONSTRAINT z2 FOREIGN KEY (r_id) REFERENCES r;
-- statement
ALTER TABLE p ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: ADD FOREIGN KEY on a partitioned table, not valid
-- versions: 18-
-- statement
ALTER TABLE p ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r NOT VALID;

-- case: ADD FOREIGN KEY on a partition
-- statement
ALTER TABLE p1 ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: ADD FOREIGN KEY to a partitioned table
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES p;

-- case: ADD FOREIGN KEY to a partitioned table, not valid
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES p NOT VALID;

-- case: ADD FOREIGN KEY to a partition
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES p1;

-- case: ADD FOREIGN KEY on a parent of inheritance
-- statement
ALTER TABLE parent ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r;

-- case: VALIDATE a FOREIGN KEY
-- statement
ALTER TABLE later VALIDATE CONSTRAINT later_fk;

-- case: VALIDATE a FOREIGN KEY on a column that is all NULL
-- statement
ALTER TABLE later VALIDATE CONSTRAINT later_nulls;

-- case: VALIDATE a FOREIGN KEY that is valid
-- statement
ALTER TABLE has VALIDATE CONSTRAINT has_fk;

-- case: VALIDATE a FOREIGN KEY to a partitioned table
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES p NOT VALID;
-- statement
ALTER TABLE t VALIDATE CONSTRAINT z;

-- case: VALIDATE a FOREIGN KEY of a partitioned table
-- versions: 18-
ALTER TABLE p ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r NOT VALID;
-- statement
ALTER TABLE p VALIDATE CONSTRAINT z;

-- case: VALIDATE a FOREIGN KEY of a partition
-- versions: 18-
ALTER TABLE p ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r NOT VALID;
-- statement
ALTER TABLE p1 VALIDATE CONSTRAINT z;

-- case: ADD and VALIDATE a FOREIGN KEY in one statement
-- statement
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (r_id) REFERENCES r NOT VALID, VALIDATE CONSTRAINT z;

-- case: ALTER CONSTRAINT to DEFERRABLE
-- statement
ALTER TABLE has ALTER CONSTRAINT has_fk DEFERRABLE INITIALLY DEFERRED;

-- case: ALTER CONSTRAINT that changes nothing
-- statement
ALTER TABLE has ALTER CONSTRAINT has_fk NOT DEFERRABLE;

-- case: ALTER CONSTRAINT on a partitioned table
-- statement
ALTER TABLE hp ALTER CONSTRAINT hp_fk DEFERRABLE;

-- case: ALTER CONSTRAINT that refers to a partitioned table
-- statement
ALTER TABLE to_p ALTER CONSTRAINT to_p_fk DEFERRABLE;

-- case: ALTER CONSTRAINT to NOT ENFORCED
-- versions: 18-
-- statement
ALTER TABLE has ALTER CONSTRAINT has_fk NOT ENFORCED;

-- case: ALTER CONSTRAINT to ENFORCED
-- versions: 18-
ALTER TABLE has ALTER CONSTRAINT has_fk NOT ENFORCED;
-- statement
ALTER TABLE has ALTER CONSTRAINT has_fk ENFORCED;

-- case: DROP a FOREIGN KEY
-- statement
ALTER TABLE has DROP CONSTRAINT has_fk;

-- case: DROP a FOREIGN KEY that is not valid
-- statement
ALTER TABLE later DROP CONSTRAINT later_fk;

-- case: DROP a FOREIGN KEY that is not enforced
-- versions: 18-
ALTER TABLE has ALTER CONSTRAINT has_fk NOT ENFORCED;
-- statement
ALTER TABLE has DROP CONSTRAINT has_fk;

-- case: DROP a FOREIGN KEY to itself
ALTER TABLE t ADD CONSTRAINT z FOREIGN KEY (parent) REFERENCES t;
-- statement
ALTER TABLE t DROP CONSTRAINT z;

-- case: DROP a FOREIGN KEY of a partitioned table
-- statement
ALTER TABLE hp DROP CONSTRAINT hp_fk;

-- case: DROP a FOREIGN KEY to a partitioned table
-- statement
ALTER TABLE to_p DROP CONSTRAINT to_p_fk;

-- case: RENAME a FOREIGN KEY
-- statement
ALTER TABLE has RENAME CONSTRAINT has_fk TO z;

-- case: RENAME a FOREIGN KEY of a partitioned table
-- statement
ALTER TABLE hp RENAME CONSTRAINT hp_fk TO z;

-- case: CREATE TABLE with a FOREIGN KEY
-- statement
CREATE TABLE new (id bigint PRIMARY KEY, r_id bigint NOT NULL REFERENCES r ON DELETE CASCADE);

-- case: CREATE TABLE with a FOREIGN KEY to a partitioned table
-- statement
CREATE TABLE new (id bigint PRIMARY KEY, p_id bigint REFERENCES p);

-- case: CREATE TABLE with a FOREIGN KEY to itself
-- statement
CREATE TABLE new (id bigint PRIMARY KEY, parent bigint REFERENCES new);

-- case: DROP TABLE that has a FOREIGN KEY
-- statement
DROP TABLE has;

-- case: DROP TABLE that is referenced, with CASCADE
-- statement
DROP TABLE r CASCADE;

-- case: DROP TABLE of a partitioned table that has a FOREIGN KEY
-- statement
DROP TABLE hp;

-- case: DROP TABLE of a partition that has a FOREIGN KEY
-- statement
DROP TABLE hp1;

-- case: DROP TABLE of a partitioned table that is referenced, with CASCADE
-- statement
DROP TABLE p CASCADE;

-- case: CREATE TABLE PARTITION OF a table that has a FOREIGN KEY
-- statement
CREATE TABLE hp3 PARTITION OF hp FOR VALUES FROM (20000) TO (30000);

-- case: CREATE TABLE PARTITION OF a table that is referenced
-- statement
CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH to a table that has a FOREIGN KEY
CREATE TABLE hp3 (id bigint, r_id bigint);
INSERT INTO hp3 SELECT g + 20000, g FROM generate_series(1, 5000) g;
ANALYZE hp3;
-- statement
ALTER TABLE hp ATTACH PARTITION hp3 FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH a table that has the FOREIGN KEY already
CREATE TABLE hp3 (id bigint, r_id bigint REFERENCES r);
INSERT INTO hp3 SELECT g + 20000, g FROM generate_series(1, 5000) g;
ANALYZE hp3;
-- statement
ALTER TABLE hp ATTACH PARTITION hp3 FOR VALUES FROM (20000) TO (30000);

-- case: ATTACH to a table that is referenced
CREATE TABLE p3 (id bigint PRIMARY KEY, r_id bigint);
INSERT INTO p3 SELECT g + 20000, g FROM generate_series(1, 5000) g;
ANALYZE p3;
-- statement
ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM (20000) TO (30000);

-- case: DETACH from a table that has a FOREIGN KEY
-- statement
ALTER TABLE hp DETACH PARTITION hp1;

-- case: DETACH from a table that is referenced
-- statement
ALTER TABLE p DETACH PARTITION p2;

-- case: ALTER TABLE of a referenced table does not lock who refers to it
-- statement
ALTER TABLE r ADD COLUMN z int;

-- case: RENAME of a referenced table
-- statement
ALTER TABLE r RENAME TO z;

-- case: SET SCHEMA of a referenced table
CREATE SCHEMA other;
-- statement
ALTER TABLE r SET SCHEMA other;

-- case: DISABLE TRIGGER ALL with a FOREIGN KEY
-- statement
ALTER TABLE has DISABLE TRIGGER ALL;
