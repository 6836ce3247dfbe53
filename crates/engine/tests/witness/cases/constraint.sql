-- setup
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text NOT NULL, u int, u2 int NOT NULL, span int4range);
INSERT INTO t SELECT g, g % 100, repeat('x', 40), g, g, int4range(g, g + 1) FROM generate_series(1, 5000) g;
ALTER TABLE t ADD CONSTRAINT t_u UNIQUE (u);
ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a >= 0);
ALTER TABLE t ADD CONSTRAINT t_a_later CHECK (a >= -1) NOT VALID;
CREATE TABLE q (id bigint, a int, n int NOT NULL);
INSERT INTO q SELECT g, g, g FROM generate_series(1, 5000) g;
CREATE TABLE parent (id bigint, c int);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child () INHERITS (parent);
INSERT INTO child SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint NOT NULL, c int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
INSERT INTO p SELECT g, g FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g FROM generate_series(1, 5000) g;
CREATE TABLE ref (id bigint REFERENCES t, u int REFERENCES t (u));
INSERT INTO ref SELECT g, g FROM generate_series(1, 5000) g;
CREATE FUNCTION positive(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 >= 0; END';
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE ft (id bigint, c int) SERVER nowhere;
CREATE DOMAIN d AS int CONSTRAINT d_check CHECK (VALUE > 0);
ANALYZE;

-- case: ADD CHECK
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (a < 1000);

-- case: ADD CHECK with a function
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (positive(a));

-- case: ADD CHECK that is not valid
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (a < 1000) NOT VALID;

-- case: ADD CHECK that another one proves
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (a >= 0);

-- case: ADD CHECK that is constant
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (true);

-- case: ADD CHECK that is not enforced
-- versions: 18-
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (a < 1000) NOT ENFORCED;

-- case: ADD CHECK without a name, two at once
-- statement
ALTER TABLE t ADD CHECK (a < 1000), ADD CHECK (u > 0);

-- case: ADD CHECK NO INHERIT
-- statement
ALTER TABLE parent ADD CHECK (c > 0) NO INHERIT;

-- case: ADD CHECK on a parent of inheritance
-- statement
ALTER TABLE parent ADD CHECK (c > 0);

-- case: ADD CHECK on a partitioned table
-- statement
ALTER TABLE p ADD CHECK (c > 0);

-- case: ADD CHECK on a partitioned table, not valid
-- statement
ALTER TABLE p ADD CHECK (c > 0) NOT VALID;

-- case: ADD CHECK on a partition
-- statement
ALTER TABLE p1 ADD CHECK (c > 0);

-- case: ADD CHECK on a foreign table
-- statement
ALTER FOREIGN TABLE ft ADD CHECK (c > 0);

-- case: VALIDATE a CHECK
-- statement
ALTER TABLE t VALIDATE CONSTRAINT t_a_later;

-- case: VALIDATE a CHECK that is valid
-- statement
ALTER TABLE t VALIDATE CONSTRAINT t_a_check;

-- case: VALIDATE a CHECK of a partitioned table
ALTER TABLE p ADD CONSTRAINT z CHECK (c > 0) NOT VALID;
-- statement
ALTER TABLE p VALIDATE CONSTRAINT z;

-- case: VALIDATE a CHECK of a parent of inheritance
ALTER TABLE parent ADD CONSTRAINT z CHECK (c > 0) NOT VALID;
-- statement
ALTER TABLE parent VALIDATE CONSTRAINT z;

-- case: ADD and VALIDATE a CHECK in one statement
-- statement
ALTER TABLE t ADD CONSTRAINT z CHECK (a < 1000) NOT VALID, VALIDATE CONSTRAINT z;

-- case: ADD UNIQUE
-- statement
ALTER TABLE t ADD CONSTRAINT z UNIQUE (u2);

-- case: ADD UNIQUE that is deferrable
-- statement
ALTER TABLE t ADD CONSTRAINT z UNIQUE (u2) DEFERRABLE INITIALLY DEFERRED;

-- case: ADD UNIQUE with INCLUDE and a storage parameter
-- statement
ALTER TABLE t ADD CONSTRAINT z UNIQUE (u2) INCLUDE (a) WITH (fillfactor = 80);

-- case: ADD UNIQUE NULLS NOT DISTINCT
-- versions: 15-
-- statement
ALTER TABLE t ADD CONSTRAINT z UNIQUE NULLS NOT DISTINCT (u2);

-- case: ADD UNIQUE on a partitioned table
-- statement
ALTER TABLE p ADD UNIQUE (id);

-- case: ADD UNIQUE on a partitioned table where a partition has it
CREATE UNIQUE INDEX z1 ON p1 (id);
ALTER TABLE p1 ADD CONSTRAINT z1 UNIQUE USING INDEX z1;
-- statement
ALTER TABLE p ADD UNIQUE (id);

-- case: ADD UNIQUE on a partitioned table where a partition has the index without the constraint
CREATE UNIQUE INDEX z1 ON p1 (id);
-- statement
ALTER TABLE p ADD UNIQUE (id);

-- case: ADD UNIQUE on a parent of inheritance
-- statement
ALTER TABLE parent ADD UNIQUE (id);

-- case: ADD UNIQUE WITHOUT OVERLAPS
-- versions: 18-
-- needs: btree_gist
CREATE EXTENSION btree_gist;
-- statement
ALTER TABLE t ADD CONSTRAINT z UNIQUE (u2, span WITHOUT OVERLAPS);

-- case: ADD PRIMARY KEY on columns that may be null
-- statement
ALTER TABLE q ADD PRIMARY KEY (id);

-- case: ADD PRIMARY KEY on columns that are not null
-- statement
ALTER TABLE q ADD PRIMARY KEY (n);

-- case: ADD PRIMARY KEY where a CHECK proves that they are not null
ALTER TABLE q ADD CHECK (id IS NOT NULL);
-- statement
ALTER TABLE q ADD PRIMARY KEY (id);

-- case: ADD PRIMARY KEY on a partitioned table
-- statement
ALTER TABLE p ADD PRIMARY KEY (id);

-- case: ADD PRIMARY KEY on a partitioned table whose columns may be null
-- statement
ALTER TABLE p ADD PRIMARY KEY (id, c);

-- case: ADD PRIMARY KEY on a partitioned table where a partition has it
ALTER TABLE p1 ADD PRIMARY KEY (id);
-- statement
ALTER TABLE p ADD PRIMARY KEY (id);

-- case: ADD PRIMARY KEY on a parent of inheritance
-- statement
ALTER TABLE parent ADD PRIMARY KEY (id);

-- case: ADD UNIQUE USING INDEX
CREATE UNIQUE INDEX t_u2 ON t (u2);
-- statement
ALTER TABLE t ADD CONSTRAINT z UNIQUE USING INDEX t_u2;

-- case: ADD UNIQUE USING INDEX of the same name
CREATE UNIQUE INDEX t_u2 ON t (u2);
-- statement
ALTER TABLE t ADD CONSTRAINT t_u2 UNIQUE USING INDEX t_u2 DEFERRABLE;

-- case: ADD PRIMARY KEY USING INDEX on columns that are not null
CREATE UNIQUE INDEX q_n ON q (n);
-- statement
ALTER TABLE q ADD CONSTRAINT z PRIMARY KEY USING INDEX q_n;

-- case: ADD PRIMARY KEY USING INDEX on columns that may be null
CREATE UNIQUE INDEX q_id ON q (id);
-- statement
ALTER TABLE q ADD CONSTRAINT z PRIMARY KEY USING INDEX q_id;

-- case: ADD PRIMARY KEY USING INDEX where a CHECK proves that they are not null
CREATE UNIQUE INDEX q_id ON q (id);
ALTER TABLE q ADD CHECK (id IS NOT NULL);
-- statement
ALTER TABLE q ADD CONSTRAINT z PRIMARY KEY USING INDEX q_id;

-- case: ADD PRIMARY KEY USING INDEX on a parent of inheritance
CREATE UNIQUE INDEX parent_id ON parent (id);
-- statement
ALTER TABLE parent ADD CONSTRAINT z PRIMARY KEY USING INDEX parent_id;

-- case: ADD EXCLUDE
-- statement
ALTER TABLE t ADD CONSTRAINT z EXCLUDE USING gist (span WITH &&);

-- case: ADD EXCLUDE with a predicate
-- statement
ALTER TABLE t ADD CONSTRAINT z EXCLUDE USING btree (u2 WITH =) WHERE (a > 50) DEFERRABLE;

-- case: ADD NOT NULL
-- versions: 18-
-- statement
ALTER TABLE t ADD CONSTRAINT z NOT NULL a;

-- case: ADD NOT NULL that is not valid
-- versions: 18-
-- statement
ALTER TABLE t ADD CONSTRAINT z NOT NULL a NOT VALID;

-- case: ADD NOT NULL where it is not null already
-- versions: 18-
-- statement
ALTER TABLE t ADD NOT NULL b;

-- case: ADD NOT NULL where a CHECK proves it
-- versions: 18-
ALTER TABLE t ADD CHECK (a IS NOT NULL);
-- statement
ALTER TABLE t ADD CONSTRAINT z NOT NULL a;

-- case: ADD NOT NULL on a partitioned table, not valid
-- versions: 18-
-- statement
ALTER TABLE p ADD CONSTRAINT z NOT NULL c NOT VALID;

-- case: VALIDATE a NOT NULL
-- versions: 18-
ALTER TABLE t ADD CONSTRAINT z NOT NULL a NOT VALID;
-- statement
ALTER TABLE t VALIDATE CONSTRAINT z;

-- case: VALIDATE a NOT NULL that a CHECK proves
-- versions: 18-
ALTER TABLE t ADD CONSTRAINT z NOT NULL a NOT VALID;
ALTER TABLE t ADD CHECK (a IS NOT NULL);
-- statement
ALTER TABLE t VALIDATE CONSTRAINT z;

-- case: VALIDATE a NOT NULL of a partitioned table
-- versions: 18-
ALTER TABLE p ADD CONSTRAINT z NOT NULL c NOT VALID;
-- statement
ALTER TABLE p VALIDATE CONSTRAINT z;

-- case: ALTER CONSTRAINT of a NOT NULL to NO INHERIT
-- versions: 18-
ALTER TABLE parent ADD CONSTRAINT z NOT NULL c;
-- statement
ALTER TABLE parent ALTER CONSTRAINT z NO INHERIT;

-- case: ALTER CONSTRAINT of a NOT NULL to INHERIT
-- versions: 18-
ALTER TABLE parent ADD CONSTRAINT z NOT NULL c NO INHERIT;
-- statement
ALTER TABLE parent ALTER CONSTRAINT z INHERIT;

-- case: DROP a NOT NULL
-- versions: 18-
-- statement
ALTER TABLE t DROP CONSTRAINT t_b_not_null;

-- case: DROP a CHECK
-- statement
ALTER TABLE t DROP CONSTRAINT t_a_check;

-- case: DROP a CHECK IF EXISTS that is not there
-- statement
ALTER TABLE t DROP CONSTRAINT IF EXISTS missing;

-- case: DROP a CHECK of a partitioned table
ALTER TABLE p ADD CONSTRAINT z CHECK (c > 0);
-- statement
ALTER TABLE p DROP CONSTRAINT z;

-- case: DROP a CHECK of a parent of inheritance
ALTER TABLE parent ADD CONSTRAINT z CHECK (c > 0);
-- statement
ALTER TABLE parent DROP CONSTRAINT z;

-- case: DROP a CHECK of a parent of inheritance, ONLY
ALTER TABLE parent ADD CONSTRAINT z CHECK (c > 0);
-- statement
ALTER TABLE ONLY parent DROP CONSTRAINT z;

-- case: DROP a UNIQUE
ALTER TABLE ref DROP CONSTRAINT ref_u_fkey;
-- statement
ALTER TABLE t DROP CONSTRAINT t_u;

-- case: DROP a UNIQUE that is referenced, with CASCADE
-- statement
ALTER TABLE t DROP CONSTRAINT t_u CASCADE;

-- case: DROP a PRIMARY KEY that is referenced, with CASCADE
-- statement
ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE;

-- case: DROP a PRIMARY KEY of a partitioned table
ALTER TABLE p ADD PRIMARY KEY (id);
-- statement
ALTER TABLE p DROP CONSTRAINT p_pkey;

-- case: DROP an EXCLUDE
ALTER TABLE t ADD CONSTRAINT z EXCLUDE USING gist (span WITH &&);
-- statement
ALTER TABLE t DROP CONSTRAINT z;

-- case: RENAME a CHECK
-- statement
ALTER TABLE t RENAME CONSTRAINT t_a_check TO z;

-- case: RENAME a UNIQUE
-- statement
ALTER TABLE t RENAME CONSTRAINT t_u TO z;

-- case: RENAME a PRIMARY KEY that is referenced
-- statement
ALTER TABLE t RENAME CONSTRAINT t_pkey TO z;

-- case: RENAME a CHECK of a partitioned table
ALTER TABLE p ADD CONSTRAINT z CHECK (c > 0);
-- statement
ALTER TABLE p RENAME CONSTRAINT z TO y;

-- case: COMMENT ON CONSTRAINT
-- statement
COMMENT ON CONSTRAINT t_a_check ON t IS 'a comment';

-- case: SET CONSTRAINTS ALL
-- statement
SET CONSTRAINTS ALL DEFERRED;

-- case: SET CONSTRAINTS of one
ALTER TABLE ref ADD CONSTRAINT z FOREIGN KEY (id) REFERENCES t DEFERRABLE;
-- statement
SET CONSTRAINTS z DEFERRED;

-- case: dropping a CHECK and adding a wider one in one statement
-- statement
ALTER TABLE t DROP CONSTRAINT t_a_check, ADD CONSTRAINT t_a_check CHECK (a >= -5);

-- case: dropping a CHECK and adding a wider one that is not valid
-- statement
ALTER TABLE t DROP CONSTRAINT t_a_check, ADD CONSTRAINT t_a_check CHECK (a >= -5) NOT VALID;

-- case: ADD PRIMARY KEY WITHOUT OVERLAPS
-- versions: 18-
CREATE TABLE w (k int4range NOT NULL, during int4range NOT NULL);
INSERT INTO w SELECT int4range(g, g + 1), int4range(g, g + 1) FROM generate_series(1, 5000) g;
ANALYZE w;
-- statement
ALTER TABLE w ADD PRIMARY KEY (k, during WITHOUT OVERLAPS);

-- case: ADD FOREIGN KEY with PERIOD
-- versions: 18-
CREATE TABLE w (k int4range NOT NULL, during int4range NOT NULL, PRIMARY KEY (k, during WITHOUT OVERLAPS));
INSERT INTO w SELECT int4range(g, g + 1), int4range(g, g + 1) FROM generate_series(1, 500) g;
CREATE TABLE refers (k int4range, during int4range);
INSERT INTO refers SELECT k, during FROM w;
ANALYZE w, refers;
-- statement
ALTER TABLE refers ADD FOREIGN KEY (k, PERIOD during) REFERENCES w (k, PERIOD during);

-- case: ADD CHECK on a child of inheritance
-- statement
ALTER TABLE child ADD CHECK (c > 0);

-- case: ADD UNIQUE on a partition
-- statement
ALTER TABLE p1 ADD UNIQUE (id);

-- case: ADD CHECK that is not enforced, then enforced by adding another
-- versions: 18-
ALTER TABLE t ADD CONSTRAINT z CHECK (a < 1000) NOT ENFORCED;
-- statement
ALTER TABLE t DROP CONSTRAINT z, ADD CONSTRAINT z CHECK (a < 1000);
