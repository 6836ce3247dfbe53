-- setup
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE days (at date NOT NULL, n int) PARTITION BY RANGE (at);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE days_new (at date NOT NULL, n int);
INSERT INTO days_new SELECT '2026-02-01'::date + g % 28, g FROM generate_series(1, 5000) g;
CREATE TABLE moments (at timestamptz, n int) PARTITION BY RANGE (at);
CREATE TABLE moments_new (at timestamptz NOT NULL, n int);
INSERT INTO moments_new SELECT '2026-02-01 00:00:00+00'::timestamptz + g * interval '1 minute', g FROM generate_series(1, 5000) g;
CREATE TABLE lists (k text, n int) PARTITION BY LIST (k);
CREATE TABLE lists_ab PARTITION OF lists FOR VALUES IN ('a', 'b');
CREATE TABLE lists_rest PARTITION OF lists DEFAULT;
INSERT INTO lists SELECT 'z', g FROM generate_series(1, 5000) g;
CREATE TABLE lists_new (k text, n int);
INSERT INTO lists_new SELECT 'c', g FROM generate_series(1, 5000) g;
CREATE TABLE moods (k mood, n int) PARTITION BY LIST (k);
CREATE TABLE moods_new (k mood NOT NULL, n int);
INSERT INTO moods_new SELECT 'ok', g FROM generate_series(1, 5000) g;
CREATE TABLE nulls (k int) PARTITION BY LIST (k);
CREATE TABLE nulls_new (k int);
INSERT INTO nulls_new SELECT 1 FROM generate_series(1, 5000) g;
CREATE TABLE pairs (a int, b int) PARTITION BY RANGE (a, b);
CREATE TABLE pairs_new (a int NOT NULL, b int NOT NULL);
INSERT INTO pairs_new SELECT 1, g FROM generate_series(1, 5000) g;
CREATE TABLE money (v numeric(10, 2)) PARTITION BY RANGE (v);
CREATE TABLE money_new (v numeric(10, 2) NOT NULL);
INSERT INTO money_new SELECT g / 1000.0 FROM generate_series(1, 5000) g;
CREATE TABLE signs (v int) PARTITION BY RANGE (v);
CREATE TABLE signs_new (v int NOT NULL);
INSERT INTO signs_new SELECT -g FROM generate_series(1, 5000) g;
CREATE TABLE lowers (k text) PARTITION BY LIST (lower(k));
CREATE TABLE lowers_new (k text NOT NULL);
INSERT INTO lowers_new SELECT 'a' FROM generate_series(1, 5000) g;
CREATE TABLE deep (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE deep_1 PARTITION OF deep FOR VALUES FROM (0) TO (10) PARTITION BY LIST (b);
CREATE TABLE deep_rest PARTITION OF deep DEFAULT PARTITION BY LIST (b);
CREATE TABLE deep_rest_1 PARTITION OF deep_rest FOR VALUES IN (1);
CREATE TABLE deep_rest_2 PARTITION OF deep_rest DEFAULT;
INSERT INTO deep SELECT 100, g % 2 + 1 FROM generate_series(1, 10000) g;
CREATE TABLE deep_new (a int NOT NULL, b int NOT NULL);
INSERT INTO deep_new SELECT 5, 7 FROM generate_series(1, 5000) g;
CREATE TABLE hashes (id bigint) PARTITION BY HASH (id);
CREATE TABLE hashes_new (id bigint NOT NULL);
ANALYZE;

-- case: dates that a CHECK says
ALTER TABLE days_new ADD CHECK (at >= '2026-02-01' AND at < DATE '2026-03-01');
-- statement
ALTER TABLE days ATTACH PARTITION days_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: dates of which a CHECK says too little
ALTER TABLE days_new ADD CHECK (at >= '2026-02-01');
-- statement
ALTER TABLE days ATTACH PARTITION days_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: dates that two CHECKs say together
ALTER TABLE days_new ADD CHECK (at >= '2026-02-01'), ADD CHECK ('2026-03-01' > at);
-- statement
ALTER TABLE days ATTACH PARTITION days_new FOR VALUES FROM ('2026-02-01') TO (MAXVALUE);

-- case: dates by BETWEEN
ALTER TABLE days_new ADD CHECK (at BETWEEN '2026-02-01' AND '2026-02-28');
-- statement
ALTER TABLE days ATTACH PARTITION days_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: dates by OR
ALTER TABLE days_new ADD CHECK ((at >= '2026-02-01' AND at < '2026-02-10') OR (at >= '2026-02-10' AND at < '2026-03-01'));
-- statement
ALTER TABLE days ATTACH PARTITION days_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: dates by NOT
ALTER TABLE days_new ADD CHECK (NOT (at < '2026-02-01' OR at >= '2026-03-01'));
-- statement
ALTER TABLE days ATTACH PARTITION days_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: moments that a CHECK says
ALTER TABLE moments_new ADD CHECK (at >= '2026-02-01 00:00:00+00' AND at < '2026-03-01 00:00:00+00');
-- statement
ALTER TABLE moments ATTACH PARTITION moments_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: moments that a CHECK compares with dates
ALTER TABLE moments_new ADD CHECK (at >= DATE '2026-02-01' AND at < DATE '2026-03-01');
-- statement
ALTER TABLE moments ATTACH PARTITION moments_new FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

-- case: a list that a CHECK says
ALTER TABLE lists_rest ADD CHECK (k = 'z');
ALTER TABLE lists_new ADD CHECK (k IN ('c') AND k IS NOT NULL);
-- statement
ALTER TABLE lists ATTACH PARTITION lists_new FOR VALUES IN ('c', 'd');

-- case: a list that a CHECK says by ANY
ALTER TABLE lists_rest ADD CHECK (k <> ALL (ARRAY['c', 'd']));
ALTER TABLE lists_new ADD CHECK (k = ANY (ARRAY['c', 'd']) AND k IS NOT NULL);
-- statement
ALTER TABLE lists ATTACH PARTITION lists_new FOR VALUES IN ('c', 'd');

-- case: a list that a CHECK says by NOT IN
ALTER TABLE lists_rest ADD CHECK (k NOT IN ('c', 'd'));
ALTER TABLE lists_new ADD CHECK ((k = 'c' OR k = 'd') AND k IS NOT NULL);
-- statement
ALTER TABLE lists ATTACH PARTITION lists_new FOR VALUES IN ('c', 'd');

-- case: a list of which a CHECK says more values
ALTER TABLE lists_new ADD CHECK (k IN ('c', 'd', 'e') AND k IS NOT NULL);
-- statement
ALTER TABLE lists ATTACH PARTITION lists_new FOR VALUES IN ('c', 'd');

-- case: a default list that a CHECK says
ALTER TABLE lists DETACH PARTITION lists_rest;
ALTER TABLE lists_rest ADD CHECK (k = 'z');
-- statement
ALTER TABLE lists ATTACH PARTITION lists_rest DEFAULT;

-- case: a list of an enum
ALTER TABLE moods_new ADD CHECK (k = 'ok');
-- statement
ALTER TABLE moods ATTACH PARTITION moods_new FOR VALUES IN ('ok', 'sad');

-- case: a list with NULL
ALTER TABLE nulls_new ADD CHECK (k = 1);
-- statement
ALTER TABLE nulls ATTACH PARTITION nulls_new FOR VALUES IN (1, NULL);

-- case: a list with NULL of which a CHECK says the same
ALTER TABLE nulls_new ADD CHECK (k IS NULL OR k = 1);
-- statement
ALTER TABLE nulls ATTACH PARTITION nulls_new FOR VALUES IN (NULL, 1);

-- case: two keys of which the first is the same
ALTER TABLE pairs_new ADD CHECK (a = 1 AND b >= 0 AND b < 10000);
-- statement
ALTER TABLE pairs ATTACH PARTITION pairs_new FOR VALUES FROM (1, 0) TO (1, 10000);

-- case: two keys of which a CHECK says the first
ALTER TABLE pairs_new ADD CHECK (a > 0 AND a < 2);
-- statement
ALTER TABLE pairs ATTACH PARTITION pairs_new FOR VALUES FROM (0, 5) TO (2, 5);

-- case: two keys of which a CHECK says too little
ALTER TABLE pairs_new ADD CHECK (a >= 0 AND a <= 2);
-- statement
ALTER TABLE pairs ATTACH PARTITION pairs_new FOR VALUES FROM (0, 5) TO (2, 5);

-- case: two keys and no end of the second
ALTER TABLE pairs_new ADD CHECK (a >= 0 AND a <= 2);
-- statement
ALTER TABLE pairs ATTACH PARTITION pairs_new FOR VALUES FROM (0, MINVALUE) TO (2, MAXVALUE);

-- case: numbers with a point
ALTER TABLE money_new ADD CHECK (v >= 0.00 AND v < 10);
-- statement
ALTER TABLE money ATTACH PARTITION money_new FOR VALUES FROM (0) TO (10.5);

-- case: negative numbers
ALTER TABLE signs_new ADD CHECK (v > -5001 AND v <= -1);
-- statement
ALTER TABLE signs ATTACH PARTITION signs_new FOR VALUES FROM (-6000) TO (0);

-- case: a key that is an expression
ALTER TABLE lowers_new ADD CHECK (k = 'a');
-- statement
ALTER TABLE lowers ATTACH PARTITION lowers_new FOR VALUES IN ('a');

-- case: a partition of a partition, of which a CHECK says both bounds
ALTER TABLE deep_new ADD CHECK (a >= 0 AND a < 10 AND b = 7);
-- statement
ALTER TABLE deep_1 ATTACH PARTITION deep_new FOR VALUES IN (7);

-- case: a partition of a partition, of which a CHECK says its own bound
ALTER TABLE deep_new ADD CHECK (b = 7);
-- statement
ALTER TABLE deep_1 ATTACH PARTITION deep_new FOR VALUES IN (7);

-- case: a default partition that is partitioned
-- statement
CREATE TABLE z PARTITION OF deep FOR VALUES FROM (20) TO (30);

-- case: a default partition that is partitioned, of which one partition has a CHECK
ALTER TABLE deep_rest_1 ADD CHECK (a >= 100);
-- statement
CREATE TABLE z PARTITION OF deep FOR VALUES FROM (20) TO (30);

-- case: a hash
-- statement
ALTER TABLE hashes ATTACH PARTITION hashes_new FOR VALUES WITH (MODULUS 2, REMAINDER 0);

-- case: a CHECK of a column that got another type
ALTER TABLE signs_new ADD CHECK (v > -5001 AND v <= -1);
ALTER TABLE signs_new ALTER COLUMN v TYPE bigint;
ALTER TABLE signs_new ALTER COLUMN v TYPE int;
-- statement
ALTER TABLE signs ATTACH PARTITION signs_new FOR VALUES FROM (-6000) TO (0);

-- case: a CHECK of a column that got another name
ALTER TABLE signs_new ADD CHECK (v > -5001 AND v <= -1);
ALTER TABLE signs_new RENAME COLUMN v TO w;
ALTER TABLE signs RENAME COLUMN v TO w;
-- statement
ALTER TABLE signs ATTACH PARTITION signs_new FOR VALUES FROM (-6000) TO (0);
