-- setup
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE mood2 AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE DOMAIN plain_int AS int;
CREATE DOMAIN positive_int AS int CHECK (VALUE > 0);
CREATE DOMAIN plain_text AS text;
CREATE DOMAIN short_text AS varchar(10);
CREATE DOMAIN of_domain AS plain_int;
CREATE TABLE ty (
    id bigint PRIMARY KEY, i2 smallint, i4 int, i8 bigint, n numeric(10, 2), nu numeric, v10 varchar(10), v varchar,
    c10 char(10), tx text, nm name, b bytea, u uuid, ts timestamp, ts3 timestamp(3), tz timestamptz, tz3 timestamptz(3),
    d date, tm3 time(3), iv interval, iv3 interval(3), ivd interval day, bo boolean, f4 real, f8 float8, j json, jb jsonb,
    x xml, ci cidr, ine inet, vb varbit(10), bi bit(8), e mood, ea mood[], ia int[], va varchar(10)[], dp plain_int,
    dc positive_int, o oid, mo money, cmp pair, r4 int4range
);
INSERT INTO ty SELECT g, g % 100, g, g, g, g, 'v' || g, 'w' || g, 'c', 't' || g, 'n' || g, 'b', md5(g::text)::uuid, now(), now(),
    now(), now(), now(), now()::time, '1 day', '1 day', '1 day', true, g, g, '{}', '{}', NULL, '10.0.0.0/8', '10.0.0.1',
    B'101', B'10101010', 'ok', '{ok}', '{1}', '{a}', g, g, g, g, '(1,a)', '[1,2)' FROM generate_series(1, 5000) g;
CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b text, c int DEFAULT 1, d int);
INSERT INTO t SELECT g, g % 100, repeat('x', 40), g, g FROM generate_series(1, 5000) g;
CREATE TABLE r (id bigint PRIMARY KEY, k bigint);
INSERT INTO r SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE parent (id bigint, c int);
INSERT INTO parent SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE child () INHERITS (parent);
INSERT INTO child SELECT g, g FROM generate_series(1, 5000) g;
CREATE TABLE p (id bigint, c int, v varchar(10)) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (20000);
CREATE INDEX p_c ON p (c);
INSERT INTO p SELECT g, g, 'x' FROM generate_series(1, 5000) g;
INSERT INTO p SELECT g + 10000, g, 'x' FROM generate_series(1, 5000) g;
CREATE TABLE gen (id bigint GENERATED ALWAYS AS IDENTITY, a int, s int GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO gen (a) SELECT g FROM generate_series(1, 5000) g;
CREATE TABLE ser (id serial PRIMARY KEY, a int);
INSERT INTO ser (a) SELECT g FROM generate_series(1, 5000) g;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE ft (id bigint OPTIONS (a '1'), c int) SERVER nowhere;
CREATE SEQUENCE s;
ANALYZE;

-- case: SET DEFAULT
-- statement
ALTER TABLE t ALTER COLUMN a SET DEFAULT 5;

-- case: SET DEFAULT to a volatile expression
-- statement
ALTER TABLE t ALTER COLUMN a SET DEFAULT nextval('s');

-- case: DROP DEFAULT
-- statement
ALTER TABLE t ALTER COLUMN c DROP DEFAULT;

-- case: DROP DEFAULT of a serial
-- statement
ALTER TABLE ser ALTER COLUMN id DROP DEFAULT;

-- case: SET DEFAULT on a partitioned table
-- statement
ALTER TABLE p ALTER COLUMN c SET DEFAULT 5;

-- case: SET DEFAULT on a parent of inheritance
-- statement
ALTER TABLE parent ALTER COLUMN c SET DEFAULT 5;

-- case: SET DEFAULT on a view
CREATE VIEW v AS SELECT id, a FROM t;
-- statement
ALTER VIEW v ALTER COLUMN a SET DEFAULT 5;

-- case: SET DEFAULT on a view by ALTER TABLE
CREATE VIEW v AS SELECT id, a FROM t;
-- statement
ALTER TABLE v ALTER COLUMN a SET DEFAULT 5;

-- case: DROP DEFAULT on a view
CREATE VIEW v AS SELECT id, a FROM t;
-- statement
ALTER VIEW v ALTER COLUMN a DROP DEFAULT;

-- case: SET NOT NULL
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL;

-- case: SET NOT NULL where it is not null already
-- statement
ALTER TABLE t ALTER COLUMN a SET NOT NULL;

-- case: SET NOT NULL where a CHECK proves it
ALTER TABLE t ADD CONSTRAINT b_there CHECK (b IS NOT NULL);
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL;

-- case: SET NOT NULL where a CHECK that is more than that proves it
ALTER TABLE t ADD CONSTRAINT b_there CHECK (b IS NOT NULL AND length(b) > 1);
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL;

-- case: SET NOT NULL where a CHECK that is not valid says it
ALTER TABLE t ADD CONSTRAINT b_there CHECK (b IS NOT NULL) NOT VALID;
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL;

-- case: SET NOT NULL and the CHECK that proves it goes in the same statement
ALTER TABLE t ADD CONSTRAINT b_there CHECK (b IS NOT NULL);
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL, DROP CONSTRAINT b_there;

-- case: SET NOT NULL on two columns, one of which a CHECK proves
ALTER TABLE t ADD CONSTRAINT b_there CHECK (b IS NOT NULL);
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL, ALTER COLUMN d SET NOT NULL;

-- case: SET NOT NULL over a not-null constraint that is not valid
-- versions: 18-
ALTER TABLE t ADD CONSTRAINT b_nn NOT NULL b NOT VALID;
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL;

-- case: SET NOT NULL on a partitioned table
-- statement
ALTER TABLE p ALTER COLUMN c SET NOT NULL;

-- case: SET NOT NULL on a partitioned table whose CHECK proves it
ALTER TABLE p ADD CONSTRAINT c_there CHECK (c IS NOT NULL);
-- statement
ALTER TABLE p ALTER COLUMN c SET NOT NULL;

-- case: SET NOT NULL on a parent of inheritance
-- statement
ALTER TABLE parent ALTER COLUMN c SET NOT NULL;

-- case: SET NOT NULL on a column of the primary key
-- statement
ALTER TABLE t ALTER COLUMN id SET NOT NULL;

-- case: DROP NOT NULL
-- statement
ALTER TABLE t ALTER COLUMN a DROP NOT NULL;

-- case: DROP NOT NULL where there is none
-- statement
ALTER TABLE t ALTER COLUMN b DROP NOT NULL;

-- case: DROP NOT NULL on a partitioned table
ALTER TABLE p ALTER COLUMN c SET NOT NULL;
-- statement
ALTER TABLE p ALTER COLUMN c DROP NOT NULL;

-- case: SET STATISTICS
-- statement
ALTER TABLE t ALTER COLUMN a SET STATISTICS 500;

-- case: SET STATISTICS on a partitioned table
-- statement
ALTER TABLE p ALTER COLUMN c SET STATISTICS 500;

-- case: SET STATISTICS on an expression of an index
CREATE INDEX t_expr ON t (lower(b));
-- statement
ALTER INDEX t_expr ALTER COLUMN 1 SET STATISTICS 500;

-- case: SET n_distinct
-- statement
ALTER TABLE t ALTER COLUMN a SET (n_distinct = 100);

-- case: RESET n_distinct
ALTER TABLE t ALTER COLUMN a SET (n_distinct = 100);
-- statement
ALTER TABLE t ALTER COLUMN a RESET (n_distinct);

-- case: SET STORAGE
-- statement
ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL;

-- case: SET STORAGE of an indexed column
CREATE INDEX t_b ON t (b);
-- statement
ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL;

-- case: SET STORAGE on a partitioned table
-- statement
ALTER TABLE p ALTER COLUMN v SET STORAGE MAIN;

-- case: SET COMPRESSION
-- versions: 14-
-- statement
ALTER TABLE t ALTER COLUMN b SET COMPRESSION pglz;

-- case: SET COMPRESSION of an indexed column
-- versions: 14-
CREATE INDEX t_b ON t (b);
-- statement
ALTER TABLE t ALTER COLUMN b SET COMPRESSION pglz;

-- case: ADD GENERATED AS IDENTITY
-- statement
ALTER TABLE t ALTER COLUMN a ADD GENERATED BY DEFAULT AS IDENTITY;

-- case: SET GENERATED
-- statement
ALTER TABLE gen ALTER COLUMN id SET GENERATED BY DEFAULT;

-- case: SET INCREMENT of an identity
-- statement
ALTER TABLE gen ALTER COLUMN id SET INCREMENT BY 10;

-- case: RESTART of an identity
-- statement
ALTER TABLE gen ALTER COLUMN id RESTART WITH 100000;

-- case: DROP IDENTITY
-- statement
ALTER TABLE gen ALTER COLUMN id DROP IDENTITY;

-- case: DROP IDENTITY IF EXISTS where there is none
-- statement
ALTER TABLE gen ALTER COLUMN a DROP IDENTITY IF EXISTS;

-- case: DROP EXPRESSION
-- versions: 13-
-- statement
ALTER TABLE gen ALTER COLUMN s DROP EXPRESSION;

-- case: DROP EXPRESSION IF EXISTS where there is none
-- versions: 13-
-- statement
ALTER TABLE gen ALTER COLUMN a DROP EXPRESSION IF EXISTS;

-- case: SET EXPRESSION of a stored column
-- versions: 17-
-- statement
ALTER TABLE gen ALTER COLUMN s SET EXPRESSION AS (a * 3);

-- case: SET EXPRESSION of a virtual column
-- versions: 18-
ALTER TABLE gen ADD COLUMN w int GENERATED ALWAYS AS (a + 1) VIRTUAL;
-- statement
ALTER TABLE gen ALTER COLUMN w SET EXPRESSION AS (a * 3);

-- case: options of a column of a foreign table
-- statement
ALTER FOREIGN TABLE ft ALTER COLUMN id OPTIONS (SET a '2', ADD b '3');

-- case: the type of a column of a foreign table
-- statement
ALTER FOREIGN TABLE ft ALTER COLUMN c TYPE bigint;

-- case: RENAME COLUMN
-- statement
ALTER TABLE t RENAME COLUMN a TO z;

-- case: RENAME COLUMN that a view, an index and a CHECK use
CREATE VIEW v AS SELECT a FROM t;
CREATE INDEX t_a ON t (a);
ALTER TABLE t ADD CHECK (a >= 0);
-- statement
ALTER TABLE t RENAME COLUMN a TO z;

-- case: RENAME COLUMN of a primary key that is referenced
CREATE TABLE ref (id bigint REFERENCES t);
-- statement
ALTER TABLE t RENAME COLUMN id TO z;

-- case: RENAME COLUMN on a partitioned table
-- statement
ALTER TABLE p RENAME COLUMN c TO z;

-- case: RENAME COLUMN of a view
-- versions: 13-
CREATE VIEW v AS SELECT a FROM t;
-- statement
ALTER VIEW v RENAME COLUMN a TO z;

-- case: RENAME COLUMN of an index
CREATE INDEX t_expr ON t (lower(b));
-- statement
ALTER INDEX t_expr RENAME TO z;

-- case: DROP COLUMN
-- statement
ALTER TABLE t DROP COLUMN b;

-- case: DROP COLUMN IF EXISTS that is not there
-- statement
ALTER TABLE t DROP COLUMN IF EXISTS missing;

-- case: DROP COLUMN with an index and a CHECK
CREATE INDEX t_a ON t (a);
CREATE INDEX t_ab ON t (c, a);
CREATE INDEX t_partial ON t (c) WHERE a > 1;
ALTER TABLE t ADD CHECK (a >= 0);
-- statement
ALTER TABLE t DROP COLUMN a;

-- case: DROP COLUMN that a view uses, with CASCADE
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT * FROM v;
-- statement
ALTER TABLE t DROP COLUMN a CASCADE;

-- case: DROP COLUMN with a foreign key
ALTER TABLE t ADD FOREIGN KEY (d) REFERENCES r;
-- statement
ALTER TABLE t DROP COLUMN d;

-- case: DROP COLUMN that is referenced, with CASCADE
CREATE TABLE ref (id bigint REFERENCES t);
-- statement
ALTER TABLE t DROP COLUMN id CASCADE;

-- case: DROP COLUMN that is a serial
-- statement
ALTER TABLE ser DROP COLUMN id;

-- case: DROP COLUMN that is an identity
-- statement
ALTER TABLE gen DROP COLUMN id;

-- case: DROP COLUMN on a partitioned table
-- statement
ALTER TABLE p DROP COLUMN c;

-- case: DROP COLUMN on a parent of inheritance
-- statement
ALTER TABLE parent DROP COLUMN c;

-- case: DROP COLUMN with a generated column that comes from it, with CASCADE
-- statement
ALTER TABLE gen DROP COLUMN a CASCADE;

-- case: DROP COLUMN with statistics and a trigger of it
CREATE STATISTICS st ON a, c FROM t;
-- statement
ALTER TABLE t DROP COLUMN a;

-- case: type: the same
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE int;

-- case: type: smallint to int
-- statement
ALTER TABLE ty ALTER COLUMN i2 TYPE int;

-- case: type: int to bigint
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE bigint;

-- case: type: bigint to int
-- statement
ALTER TABLE ty ALTER COLUMN i8 TYPE int;

-- case: type: int to bigint for the primary key
-- statement
ALTER TABLE ser ALTER COLUMN id TYPE bigint;

-- case: type: bigint to int for an identity
-- statement
ALTER TABLE gen ALTER COLUMN id TYPE int;

-- case: type: int to numeric
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE numeric;

-- case: type: int to text
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE text;

-- case: type: int to oid
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE oid;

-- case: type: int to oid with an index
CREATE INDEX ty_i4 ON ty (i4);
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE oid;

-- case: type: oid to int
-- statement
ALTER TABLE ty ALTER COLUMN o TYPE int;

-- case: type: text to int by USING
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE int USING length(tx);

-- case: type: numeric(10,2) to numeric(12,2)
-- statement
ALTER TABLE ty ALTER COLUMN n TYPE numeric(12, 2);

-- case: type: numeric(10,2) to numeric
-- statement
ALTER TABLE ty ALTER COLUMN n TYPE numeric;

-- case: type: numeric(10,2) to numeric(12,4)
-- statement
ALTER TABLE ty ALTER COLUMN n TYPE numeric(12, 4);

-- case: type: numeric to numeric(10,2)
-- statement
ALTER TABLE ty ALTER COLUMN nu TYPE numeric(10, 2);

-- case: type: numeric(10,2) to numeric(8,2)
-- statement
ALTER TABLE ty ALTER COLUMN n TYPE numeric(8, 2);

-- case: type: varchar(10) to varchar(20)
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE varchar(20);

-- case: type: varchar(10) to varchar(5)
UPDATE ty SET v10 = 'a';
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE varchar(5);

-- case: type: varchar(10) to varchar
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE varchar;

-- case: type: varchar to varchar(20)
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE varchar(20);

-- case: type: varchar(10) to text
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE text;

-- case: type: text to varchar
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE varchar;

-- case: type: text to varchar(20)
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE varchar(20);

-- case: type: varchar to text with an index
CREATE INDEX ty_v ON ty (v);
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar(10) to varchar(20) with an index, a partial one and one on an expression
CREATE INDEX ty_v ON ty (v10);
CREATE INDEX ty_expr ON ty (lower(v10));
CREATE INDEX ty_partial ON ty (i4) WHERE v10 > 'a';
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE varchar(20);

-- case: type: varchar to text with an index on an expression
CREATE INDEX ty_expr ON ty (lower(v));
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar to text with a unique constraint
ALTER TABLE ty ADD UNIQUE (v);
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar(10) to varchar(20) with a CHECK
ALTER TABLE ty ADD CHECK (v10 > 'a');
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE varchar(20);

-- case: type: varchar to text with a CHECK
ALTER TABLE ty ADD CHECK (v > 'a');
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar to text with a CHECK that is not valid
ALTER TABLE ty ADD CHECK (v > 'a') NOT VALID;
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar to text with a default and NOT NULL
ALTER TABLE ty ALTER COLUMN v SET DEFAULT 'x', ALTER COLUMN v SET NOT NULL;
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar to text with a foreign key
CREATE TABLE words (w text PRIMARY KEY);
INSERT INTO words SELECT v FROM ty;
ANALYZE words;
ALTER TABLE ty ADD FOREIGN KEY (v) REFERENCES words;
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: bigint to int with a foreign key from it
ALTER TABLE ty ADD FOREIGN KEY (i8) REFERENCES r;
-- statement
ALTER TABLE ty ALTER COLUMN i8 TYPE int;

-- case: type: int to bigint with a foreign key from it
ALTER TABLE ty ADD FOREIGN KEY (i4) REFERENCES r;
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE bigint;

-- case: type: bigint to int with a foreign key to it
CREATE TABLE ref (id bigint REFERENCES r);
INSERT INTO ref SELECT g FROM generate_series(1, 5000) g;
ANALYZE ref;
-- statement
ALTER TABLE r ALTER COLUMN id TYPE int;

-- case: type: int to bigint with an index
CREATE INDEX ty_i4 ON ty (i4);
CREATE INDEX ty_i2 ON ty (i2);
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE bigint;

-- case: type: char(10) to char(20)
-- statement
ALTER TABLE ty ALTER COLUMN c10 TYPE char(20);

-- case: type: char(10) to text
-- statement
ALTER TABLE ty ALTER COLUMN c10 TYPE text;

-- case: type: char(10) to varchar(10)
-- statement
ALTER TABLE ty ALTER COLUMN c10 TYPE varchar(10);

-- case: type: varchar(10) to char(10)
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE char(10);

-- case: type: text to name
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE name;

-- case: type: name to text
-- statement
ALTER TABLE ty ALTER COLUMN nm TYPE text;

-- case: type: text to bytea by USING
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE bytea USING tx::bytea;

-- case: type: text to uuid by USING
UPDATE ty SET tx = u::text;
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE uuid USING tx::uuid;

-- case: type: uuid to text
-- statement
ALTER TABLE ty ALTER COLUMN u TYPE text;

-- case: type: timestamp to timestamptz in UTC
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE timestamptz;

-- case: type: timestamptz to timestamp in UTC
-- statement
ALTER TABLE ty ALTER COLUMN tz TYPE timestamp;

-- case: type: timestamp to timestamptz in another zone
SET timezone = 'Europe/Berlin';
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE timestamptz;

-- case: type: timestamp to timestamptz by USING
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE timestamptz USING ts AT TIME ZONE 'UTC';

-- case: type: timestamp(3) to timestamp
-- statement
ALTER TABLE ty ALTER COLUMN ts3 TYPE timestamp;

-- case: type: timestamp(3) to timestamp(6)
-- statement
ALTER TABLE ty ALTER COLUMN ts3 TYPE timestamp(6);

-- case: type: timestamp to timestamp(3)
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE timestamp(3);

-- case: type: timestamp to timestamp(6)
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE timestamp(6);

-- case: type: timestamptz(3) to timestamptz
-- statement
ALTER TABLE ty ALTER COLUMN tz3 TYPE timestamptz;

-- case: type: timestamptz to timestamptz(3)
-- statement
ALTER TABLE ty ALTER COLUMN tz TYPE timestamptz(3);

-- case: type: timestamp(3) to timestamptz
-- statement
ALTER TABLE ty ALTER COLUMN ts3 TYPE timestamptz;

-- case: type: date to timestamp
-- statement
ALTER TABLE ty ALTER COLUMN d TYPE timestamp;

-- case: type: timestamp to date
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE date;

-- case: type: time(3) to time
-- statement
ALTER TABLE ty ALTER COLUMN tm3 TYPE time;

-- case: type: interval(3) to interval
-- statement
ALTER TABLE ty ALTER COLUMN iv3 TYPE interval;

-- case: type: interval to interval(3)
-- statement
ALTER TABLE ty ALTER COLUMN iv TYPE interval(3);

-- case: type: interval day to interval
-- statement
ALTER TABLE ty ALTER COLUMN ivd TYPE interval;

-- case: type: boolean to int
-- statement
ALTER TABLE ty ALTER COLUMN bo TYPE int USING bo::int;

-- case: type: real to float8
-- statement
ALTER TABLE ty ALTER COLUMN f4 TYPE float8;

-- case: type: float8 to numeric
-- statement
ALTER TABLE ty ALTER COLUMN f8 TYPE numeric;

-- case: type: json to jsonb
-- statement
ALTER TABLE ty ALTER COLUMN j TYPE jsonb;

-- case: type: jsonb to json
-- statement
ALTER TABLE ty ALTER COLUMN jb TYPE json;

-- case: type: json to text
-- statement
ALTER TABLE ty ALTER COLUMN j TYPE text;

-- case: type: xml to text
-- statement
ALTER TABLE ty ALTER COLUMN x TYPE text;

-- case: type: cidr to inet
-- statement
ALTER TABLE ty ALTER COLUMN ci TYPE inet;

-- case: type: cidr to inet with an index
CREATE INDEX ty_ci ON ty (ci);
-- statement
ALTER TABLE ty ALTER COLUMN ci TYPE inet;

-- case: type: inet to cidr
UPDATE ty SET ine = '10.0.0.0/8';
-- statement
ALTER TABLE ty ALTER COLUMN ine TYPE cidr USING ine::cidr;

-- case: type: text to a char without a length
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE bpchar;

-- case: type: varchar(10) to a char without a length, with an index
CREATE INDEX ty_v10_bp ON ty (v10);
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE bpchar;

-- case: type: varbit(10) to a bit without a length
-- statement
ALTER TABLE ty ALTER COLUMN vb TYPE "bit";

-- case: type: xml to a char without a length
-- statement
ALTER TABLE ty ALTER COLUMN x TYPE bpchar;

-- case: type: text in another collation to text
ALTER TABLE ty ALTER COLUMN tx TYPE text COLLATE "C";
CREATE INDEX ty_tx_c ON ty (tx);
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE text;

-- case: type: text in another collation to text in the same
ALTER TABLE ty ALTER COLUMN tx TYPE text COLLATE "C";
CREATE INDEX ty_tx_c ON ty (tx);
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE varchar COLLATE "C";

-- case: type: varbit(10) to varbit(20)
-- statement
ALTER TABLE ty ALTER COLUMN vb TYPE varbit(20);

-- case: type: varbit(10) to varbit
-- statement
ALTER TABLE ty ALTER COLUMN vb TYPE varbit;

-- case: type: varbit to a narrower one
-- statement
ALTER TABLE ty ALTER COLUMN vb TYPE varbit(5);

-- case: type: bit(8) to varbit
-- statement
ALTER TABLE ty ALTER COLUMN bi TYPE varbit;

-- case: type: money to numeric
-- statement
ALTER TABLE ty ALTER COLUMN mo TYPE numeric;

-- case: type: enum to text
-- statement
ALTER TABLE ty ALTER COLUMN e TYPE text;

-- case: type: text to enum by USING
UPDATE ty SET tx = 'ok';
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE mood USING tx::mood;

-- case: type: enum to another enum by USING
-- statement
ALTER TABLE ty ALTER COLUMN e TYPE mood2 USING e::text::mood2;

-- case: type: an array of enums to an array of text
-- statement
ALTER TABLE ty ALTER COLUMN ea TYPE text[];

-- case: type: int[] to bigint[]
-- statement
ALTER TABLE ty ALTER COLUMN ia TYPE bigint[];

-- case: type: varchar(10)[] to varchar(20)[]
-- statement
ALTER TABLE ty ALTER COLUMN va TYPE varchar(20)[];

-- case: type: varchar(10)[] to text[]
-- statement
ALTER TABLE ty ALTER COLUMN va TYPE text[];

-- case: type: int to int[] by USING
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE int[] USING ARRAY[i4];

-- case: type: int to a domain without constraints
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE plain_int;

-- case: type: int to a domain over a domain
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE of_domain;

-- case: type: int to a domain with a CHECK
-- statement
ALTER TABLE ty ALTER COLUMN i4 TYPE positive_int;

-- case: type: text to a domain of text
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE plain_text;

-- case: type: varchar(10) to a domain of varchar(10)
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE short_text;

-- case: type: text to a domain of varchar(10)
UPDATE ty SET tx = 'a';
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE short_text;

-- case: type: a domain to its base
-- statement
ALTER TABLE ty ALTER COLUMN dp TYPE int;

-- case: type: a domain with a CHECK to its base
-- statement
ALTER TABLE ty ALTER COLUMN dc TYPE int;

-- case: type: a domain to bigint
-- statement
ALTER TABLE ty ALTER COLUMN dp TYPE bigint;

-- case: type: a composite to text
-- statement
ALTER TABLE ty ALTER COLUMN cmp TYPE text;

-- case: type: a range to text
-- statement
ALTER TABLE ty ALTER COLUMN r4 TYPE text;

-- case: type: text to citext
-- needs: citext
CREATE EXTENSION citext;
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE citext;

-- case: type: varchar to citext with an index
-- needs: citext
CREATE EXTENSION citext;
CREATE INDEX ty_v ON ty (v);
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE citext;

-- case: type: citext to text
-- needs: citext
CREATE EXTENSION citext;
ALTER TABLE ty ALTER COLUMN tx TYPE citext;
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE text;

-- case: type: another collation
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE text COLLATE "C";

-- case: type: another collation with an index
CREATE INDEX ty_tx ON ty (tx);
CREATE INDEX ty_other ON ty (i4);
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE text COLLATE "C";

-- case: type: another collation with a CHECK
ALTER TABLE ty ADD CHECK (tx <> '');
-- statement
ALTER TABLE ty ALTER COLUMN tx TYPE text COLLATE "C";

-- case: type: a USING that is the column itself
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text USING v;

-- case: type: a USING that casts the column without work
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text USING v::text;

-- case: type: a USING that is a constant
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text USING 'x';

-- case: type: a USING that is another column
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text USING tx;

-- case: type: two columns, one of which is free
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE text, ALTER COLUMN i4 TYPE bigint;

-- case: type: a column with statistics
CREATE STATISTICS st ON v, i4 FROM ty;
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: a partitioned table, free
-- statement
ALTER TABLE p ALTER COLUMN v TYPE text;

-- case: type: a partitioned table, rewritten
-- statement
ALTER TABLE p ALTER COLUMN c TYPE bigint;

-- case: type: a parent of inheritance, rewritten
-- statement
ALTER TABLE parent ALTER COLUMN c TYPE bigint;

-- case: type: a stored generated column
-- statement
ALTER TABLE gen ALTER COLUMN s TYPE bigint;

-- case: type: a virtual generated column
-- versions: 18-
ALTER TABLE gen ADD COLUMN w int GENERATED ALWAYS AS (a + 1) VIRTUAL;
-- statement
ALTER TABLE gen ALTER COLUMN w TYPE bigint;

-- case: type: the replica identity index
CREATE UNIQUE INDEX t_a ON t (a, id);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_a;
-- statement
ALTER TABLE t ALTER COLUMN a TYPE bigint;

-- case: type: a clustered table
ALTER TABLE t CLUSTER ON t_pkey;
-- statement
ALTER TABLE t ALTER COLUMN id TYPE int;

-- case: type: a view reads another column
CREATE VIEW v AS SELECT a FROM t;
-- statement
ALTER TABLE t ALTER COLUMN c TYPE bigint;

-- case: RENAME COLUMN on a parent of inheritance
-- statement
ALTER TABLE parent RENAME COLUMN c TO z;

-- case: SET NOT NULL and SET DEFAULT at once
-- statement
ALTER TABLE t ALTER COLUMN b SET NOT NULL, ALTER COLUMN b SET DEFAULT 'x';

-- case: DROP COLUMN and ADD COLUMN at once
-- statement
ALTER TABLE t DROP COLUMN b, ADD COLUMN b2 text DEFAULT 'x';

-- case: DROP COLUMN of a materialized view's table, with CASCADE
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
-- statement
ALTER TABLE t DROP COLUMN a CASCADE;

-- case: DROP COLUMN with a publication's filter, a policy and a rule, with CASCADE
CREATE POLICY po ON t USING (a > 1);
CREATE RULE ru AS ON UPDATE TO t WHERE OLD.a = 1 DO NOTHING;
-- statement
ALTER TABLE t DROP COLUMN a CASCADE;

-- case: ADD GENERATED AS IDENTITY on a partitioned table
-- versions: 17-
ALTER TABLE p ALTER COLUMN c SET NOT NULL;
-- statement
ALTER TABLE p ALTER COLUMN c ADD GENERATED ALWAYS AS IDENTITY;

-- case: type: timestamp to timestamptz with an index, in UTC
CREATE INDEX ty_ts ON ty (ts);
-- statement
ALTER TABLE ty ALTER COLUMN ts TYPE timestamptz;

-- case: type: numeric(10,2) to numeric with a CHECK and an index
ALTER TABLE ty ADD CHECK (n >= 0);
CREATE INDEX ty_n ON ty (n);
-- statement
ALTER TABLE ty ALTER COLUMN n TYPE numeric;

-- case: type: varchar(10) to text with a partial index on another column
CREATE INDEX ty_part ON ty (i4) WHERE v10 IS NOT NULL;
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE text;

-- case: type: varchar(10) to varchar(20) with an exclusion constraint
ALTER TABLE ty ADD EXCLUDE (v10 WITH =);
-- statement
ALTER TABLE ty ALTER COLUMN v10 TYPE varchar(20);

-- case: type: varchar to text of a referenced column
ALTER TABLE ty ADD UNIQUE (v);
CREATE TABLE refers (v varchar REFERENCES ty (v));
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;

-- case: type: varchar to text with a CHECK that names another column only
ALTER TABLE ty ADD CHECK (i4 > 0);
-- statement
ALTER TABLE ty ALTER COLUMN v TYPE text;
