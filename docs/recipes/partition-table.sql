-- What partition-table writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout partition-events / expand
--@ allow drop-locks-referenced-table "on the way down only, for a moment, under the lock timeout"
--@ allow drop-foreign-key "on the way down only; nobody knows the table"
--@ allow drop-table "on the way down only; a copy that nobody reads"
--@ allow add-foreign-key-without-not-valid "the table is empty: there is nothing to look at"

-- Make shop.events once more, partitioned
--
-- Why: a table cannot be divided in place.
--
-- Safe: nobody knows shop.events_next, and it is empty yet. A foreign key locks the table that it refers to for
-- a moment, each in a transaction of its own. What fits nowhere goes to the default partition, so that no write
-- fails. Keep that empty: a partition that is added later has to look through it.
--
-- Mind: events_pkey is longer than before, by created_at: a partitioned table has no other. The database no
-- longer knows that the rest of it is unique; ON CONFLICT has to name all of its columns.

--@ upgrade
CREATE TABLE shop.events_next (
    LIKE shop.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING STORAGE INCLUDING COMMENTS INCLUDING COMPRESSION
) PARTITION BY RANGE (created_at);

ALTER TABLE shop.events_next OWNER TO postgres;

CREATE TABLE shop.events_2024_01 PARTITION OF shop.events_next FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00');

CREATE TABLE shop.events_2024_02 PARTITION OF shop.events_next FOR VALUES FROM ('2024-02-01 00:00:00+00') TO ('2024-03-01 00:00:00+00');

CREATE TABLE shop.events_2024_03 PARTITION OF shop.events_next FOR VALUES FROM ('2024-03-01 00:00:00+00') TO ('2024-04-01 00:00:00+00');

CREATE TABLE shop.events_default PARTITION OF shop.events_next DEFAULT;

ALTER TABLE shop.events_next ADD CONSTRAINT events_pkey_next PRIMARY KEY (id, created_at);

--@ downgrade
DROP TABLE IF EXISTS shop.events_next;


--@ revision 0002
--@ revises 0001
--@ rollout partition-events / dual write
--@ allow truncate "on the way down only; a copy that nobody reads"

-- Carry every write of shop.events over
--
-- Why: from here on every write goes to shop.events_next as well, in its own transaction. It comes before the
-- backfill, or what is written between the two would be missing there.
--
-- Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. A trigger makes the copy
-- of a row what the row is at that moment, whatever came before.

--@ upgrade
CREATE FUNCTION shop.cutover_partition_events_events_to_events_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Makes shop.events_next what shop.events is, for each key that is written.
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND pg_catalog.record_image_ne(ROW(OLD.id, OLD.created_at), ROW(NEW.id, NEW.created_at)) THEN
        DELETE FROM shop.events_next AS t WHERE t.id = OLD.id AND t.created_at = OLD.created_at;
        -- Another row may have got this key since.
        INSERT INTO shop.events_next AS t (id, created_at, body) OVERRIDING SYSTEM VALUE
        SELECT f.id, f.created_at, f.body FROM shop.events AS f WHERE f.id = OLD.id AND f.created_at = OLD.created_at
        ON CONFLICT (id, created_at) DO UPDATE SET body = excluded.body
            WHERE pg_catalog.record_image_ne(ROW(t.body), ROW(excluded.body));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO shop.events_next AS t (id, created_at, body) OVERRIDING SYSTEM VALUE
        SELECT f.id, f.created_at, f.body FROM shop.events AS f WHERE f.id = NEW.id AND f.created_at = NEW.created_at
        ON CONFLICT (id, created_at) DO UPDATE SET body = excluded.body
            WHERE pg_catalog.record_image_ne(ROW(t.body), ROW(excluded.body));
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_partition_events_events_to_events_next() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_partition_events_events_to_events_next() IS 'Dual write of the rollout partition-events. Makes shop.events_next what shop.events is, for each key that is written.';

CREATE FUNCTION shop.cutover_partition_events_events_to_events_next_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of shop.events truncates shop.events_next.
BEGIN
    TRUNCATE shop.events_next;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_partition_events_events_to_events_next_truncate() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_partition_events_events_to_events_next_truncate() IS 'Dual write of the rollout partition-events. A TRUNCATE of shop.events truncates shop.events_next.';

CREATE TRIGGER "CUTOVER_partition_events_events_to_events_next_write" AFTER INSERT OR UPDATE OR DELETE ON shop.events
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_partition_events_events_to_events_next();

CREATE TRIGGER "CUTOVER_partition_events_events_to_events_next_truncate" AFTER TRUNCATE ON shop.events
FOR EACH STATEMENT
EXECUTE FUNCTION shop.cutover_partition_events_events_to_events_next_truncate();

--@ downgrade
DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_next_truncate" ON shop.events;

DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_next_write" ON shop.events;

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_next();

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_next_truncate();

--@ sql
TRUNCATE shop.events_next;


--@ revision 0003
--@ revises 0002
--@ rollout partition-events / backfill
--@ allow empty-downgrade "the copy is emptied with the revision before, when the triggers go"

-- Copy the rows of shop.events
--
-- Why: the rows that were there before the dual write began.
--
-- Safe: it runs in batches, each a short transaction. A row is locked while it is copied, against a delete only;
-- what the triggers have carried over is newer, and stays.

--@ upgrade
--@ backfill shop.events by id
INSERT INTO shop.events_next (id, created_at, body)
OVERRIDING SYSTEM VALUE
SELECT f.id, f.created_at, f.body
FROM shop.events AS f
FOR KEY SHARE
ON CONFLICT (id, created_at) DO NOTHING;

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout partition-events / validate

-- Compare the copy of shop.events
--
-- Why: nobody reads the copy before it is known to be the same, row by row, in one snapshot; and no query is
-- planned on it before there are statistics.
--
-- Safe: it reads, and takes no lock that anybody waits for. It is one statement: while it runs, vacuum cannot
-- remove what it may still see.

--@ upgrade
--@ guard "the copy of shop.events has the same rows" expect no rows
SELECT o.id, o.created_at, n.id, n.created_at
FROM shop.events AS o FULL JOIN shop.events_next AS n ON n.id = o.id AND n.created_at = o.created_at
WHERE o.id IS NULL OR n.id IS NULL OR record_image_ne(ROW(o.id, o.created_at, o.body), ROW(n.id, n.created_at, n.body))
LIMIT 10;

--@ sql
ANALYZE shop.events_next;

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout partition-events / cut over
--@ allow rename-table "another table takes the name in the same transaction"
--@ allow strong-locks-in-one-transaction "nobody may come between; changes of the catalog only, under the lock timeout"
--@ allow lock-table "so that the lock on the table that everybody uses is waited for first, and nobody waits behind the others"
--@ allow drop-trigger "they are made anew in the same transaction"
--@ allow drop-function "they are the rollout's own"

-- Let the partitioned table be shop.events
--
-- Why: from here on everybody reads and writes the partitioned table, under the name that they know. The
-- triggers go the other way, so that the old table stays whole until it is dropped, and going back loses
-- nothing.
--
-- Safe: the names are exchanged under one lock, as a change of the catalog: nothing is read or copied.

--@ upgrade
LOCK TABLE shop.events IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_next_truncate" ON shop.events;

DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_next_write" ON shop.events;

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_next();

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_next_truncate();

ALTER TABLE shop.events RENAME TO events_old;

ALTER TABLE shop.events_next RENAME TO events;

ALTER TABLE shop.events_old RENAME CONSTRAINT events_pkey TO events_pkey_old;

ALTER TABLE shop.events RENAME CONSTRAINT events_pkey_next TO events_pkey;

ALTER SEQUENCE shop.events_id_seq OWNED BY shop.events.id;

CREATE FUNCTION shop.cutover_partition_events_events_to_events_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Makes shop.events_old what shop.events is, for each key that is written.
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        DELETE FROM shop.events_old AS t WHERE t.id = OLD.id;
        -- Another row may have got this key since.
        INSERT INTO shop.events_old AS t (id, created_at, body) OVERRIDING SYSTEM VALUE
        SELECT f.id, f.created_at, f.body FROM shop.events AS f WHERE f.id = OLD.id
        ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at, body = excluded.body
            WHERE pg_catalog.record_image_ne(ROW(t.created_at, t.body), ROW(excluded.created_at, excluded.body));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO shop.events_old AS t (id, created_at, body) OVERRIDING SYSTEM VALUE
        SELECT f.id, f.created_at, f.body FROM shop.events AS f WHERE f.id = NEW.id
        ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at, body = excluded.body
            WHERE pg_catalog.record_image_ne(ROW(t.created_at, t.body), ROW(excluded.created_at, excluded.body));
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_partition_events_events_to_events_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_partition_events_events_to_events_old() IS 'Dual write of the rollout partition-events. Makes shop.events_old what shop.events is, for each key that is written.';

CREATE FUNCTION shop.cutover_partition_events_events_to_events_old_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of shop.events truncates shop.events_old.
BEGIN
    TRUNCATE shop.events_old;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_partition_events_events_to_events_old_truncate() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_partition_events_events_to_events_old_truncate() IS 'Dual write of the rollout partition-events. A TRUNCATE of shop.events truncates shop.events_old.';

CREATE TRIGGER "CUTOVER_partition_events_events_to_events_old_write" AFTER INSERT OR UPDATE OR DELETE ON shop.events
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_partition_events_events_to_events_old();

CREATE TRIGGER "CUTOVER_partition_events_events_to_events_old_truncate" AFTER TRUNCATE ON shop.events
FOR EACH STATEMENT
EXECUTE FUNCTION shop.cutover_partition_events_events_to_events_old_truncate();

--@ downgrade
LOCK TABLE shop.events IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_old_truncate" ON shop.events;

DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_old_write" ON shop.events;

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_old();

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_old_truncate();

ALTER TABLE shop.events RENAME TO events_next;

ALTER TABLE shop.events_old RENAME TO events;

ALTER TABLE shop.events_next RENAME CONSTRAINT events_pkey TO events_pkey_next;

ALTER TABLE shop.events RENAME CONSTRAINT events_pkey_old TO events_pkey;

ALTER SEQUENCE shop.events_id_seq OWNED BY shop.events.id;

CREATE FUNCTION shop.cutover_partition_events_events_to_events_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Makes shop.events_next what shop.events is, for each key that is written.
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND pg_catalog.record_image_ne(ROW(OLD.id, OLD.created_at), ROW(NEW.id, NEW.created_at)) THEN
        DELETE FROM shop.events_next AS t WHERE t.id = OLD.id AND t.created_at = OLD.created_at;
        -- Another row may have got this key since.
        INSERT INTO shop.events_next AS t (id, created_at, body) OVERRIDING SYSTEM VALUE
        SELECT f.id, f.created_at, f.body FROM shop.events AS f WHERE f.id = OLD.id AND f.created_at = OLD.created_at
        ON CONFLICT (id, created_at) DO UPDATE SET body = excluded.body
            WHERE pg_catalog.record_image_ne(ROW(t.body), ROW(excluded.body));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO shop.events_next AS t (id, created_at, body) OVERRIDING SYSTEM VALUE
        SELECT f.id, f.created_at, f.body FROM shop.events AS f WHERE f.id = NEW.id AND f.created_at = NEW.created_at
        ON CONFLICT (id, created_at) DO UPDATE SET body = excluded.body
            WHERE pg_catalog.record_image_ne(ROW(t.body), ROW(excluded.body));
    END IF;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_partition_events_events_to_events_next() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_partition_events_events_to_events_next() IS 'Dual write of the rollout partition-events. Makes shop.events_next what shop.events is, for each key that is written.';

CREATE FUNCTION shop.cutover_partition_events_events_to_events_next_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A TRUNCATE of shop.events truncates shop.events_next.
BEGIN
    TRUNCATE shop.events_next;
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_partition_events_events_to_events_next_truncate() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_partition_events_events_to_events_next_truncate() IS 'Dual write of the rollout partition-events. A TRUNCATE of shop.events truncates shop.events_next.';

CREATE TRIGGER "CUTOVER_partition_events_events_to_events_next_write" AFTER INSERT OR UPDATE OR DELETE ON shop.events
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_partition_events_events_to_events_next();

CREATE TRIGGER "CUTOVER_partition_events_events_to_events_next_truncate" AFTER TRUNCATE ON shop.events
FOR EACH STATEMENT
EXECUTE FUNCTION shop.cutover_partition_events_events_to_events_next_truncate();


--@ revision 0006
--@ revises 0005
--@ rollout partition-events / contract
--@ requires unused table shop.events_old for 7 days
--@ irreversible "shop.events_old is gone; its rows are in shop.events"
--@ allow drop-table "its rows are in the partitioned table"
--@ allow drop-foreign-key "its table goes"
--@ allow drop-locks-referenced-table "each in a transaction of its own, for a moment, under the lock timeout"
--@ allow drop-trigger "there is nothing left to keep"
--@ allow drop-function "they are the rollout's own"

-- Drop what shop.events was
--
-- Why: nothing uses shop.events_old but the triggers of this rollout.
--
-- Safe: the gate shows it. Its foreign keys go before it, each in a transaction of its own: they lock the tables
-- that they refer to as well, for a moment.

--@ upgrade
DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_old_truncate" ON shop.events;

DROP TRIGGER IF EXISTS "CUTOVER_partition_events_events_to_events_old_write" ON shop.events;

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_old();

DROP FUNCTION IF EXISTS shop.cutover_partition_events_events_to_events_old_truncate();

--@ sql
DROP TABLE shop.events_old;

--@ downgrade
