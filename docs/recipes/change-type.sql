-- What change-type writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout type-orders-payload / expand

-- A column of type jsonb beside shop.orders.payload
--
-- Why: it is empty and nobody knows it yet.
--
-- Safe: without a default in ADD COLUMN no row is touched; ACCESS EXCLUSIVE lasts for changes of the catalog.

--@ upgrade
ALTER TABLE shop.orders ADD COLUMN payload_new jsonb;

--@ downgrade
ALTER TABLE shop.orders DROP COLUMN payload_new;


--@ revision 0002
--@ revises 0001
--@ rollout type-orders-payload / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- Write both shop.orders.payload and shop.orders.payload_new
--
-- Why before the backfill: what old programs write between the two would be missing.
--
-- Safe: CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change of the catalog; the triggers change the row before
-- it is written.

--@ upgrade
DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (payload::jsonb) FROM (SELECT payload FROM shop.orders LIMIT 0) AS orders;
    PERFORM (payload_new::text) FROM (SELECT payload_new FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_type_orders_payload_orders_payload_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps payload (old) and payload_new (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.payload_new := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.payload_new), ROW(want.payload_new)) THEN
            SELECT (payload::jsonb) INTO NEW.payload_new FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.payload_new), ROW(OLD.payload_new)) THEN
            SELECT (payload::jsonb) INTO NEW.payload_new FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (payload::jsonb) INTO want.payload_new FROM (SELECT NEW.payload AS payload) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.payload_new), ROW(want.payload_new)) THEN
        SELECT (payload_new::text) INTO NEW.payload FROM (SELECT NEW.payload_new AS payload_new) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_type_orders_payload_orders_payload_new() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_type_orders_payload_orders_payload_new() IS 'Dual write of the rollout type-orders-payload. Keeps payload (old) and payload_new (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_new_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_new();

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_new_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.payload, OLD.payload_new), ROW(NEW.payload, NEW.payload_new)))
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_new();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_new_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_new_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_type_orders_payload_orders_payload_new();


--@ revision 0003
--@ revises 0002
--@ rollout type-orders-payload / backfill
--@ allow empty-downgrade "the column goes with the first revision; a value in it hurts nobody"

-- Fill in shop.orders.payload_new
--
-- Safe: in batches by the key of the table. It can run again at any time: it touches only rows that have no
-- value yet.

--@ upgrade
--@ backfill shop.orders by id
UPDATE shop.orders SET payload_new = payload::jsonb
WHERE (payload_new IS NULL AND (payload::jsonb) IS NOT NULL);

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout type-orders-payload / validate

-- Compare shop.orders.payload and shop.orders.payload_new
--
-- Why: programs that read the new column must see what is in the old one.
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "old and new columns of shop.orders agree" expect no rows
SELECT * FROM shop.orders
WHERE payload_new IS DISTINCT FROM (payload::jsonb)
LIMIT 1;

--@ sql
-- the planner knows nothing of a new column
ANALYZE shop.orders (payload_new);

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout type-orders-payload / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- The constraints of shop.orders.payload hold for shop.orders.payload_new
--
-- Safe: each is NOT VALID first, which reads no row, and is then validated under SHARE UPDATE EXCLUSIVE, beside
-- reads and writes.

--@ upgrade
ALTER TABLE shop.orders ADD CONSTRAINT orders_payload_new_not_null NOT NULL payload_new NOT VALID;

--@ sql
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_payload_new_not_null;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_payload_new_not_null, ALTER COLUMN payload_new DROP NOT NULL;


--@ revision 0006
--@ revises 0005
--@ rollout type-orders-payload / cut over

-- Everybody can work with both types of shop.orders.payload
--
-- Why: the next step exchanges the columns between two statements of a program.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "every program works with both types of shop.orders.payload, and prepares a statement again when its result type has changed"

--@ downgrade


--@ revision 0007
--@ revises 0006
--@ rollout type-orders-payload / cut over
--@ allow rename-column "the same transaction gives the name to the successor, which has the same value"
--@ allow drop-not-null "what was set aside follows its successor, which has all of it"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"

-- The columns exchange their names: shop.orders.payload
--
-- Why in one transaction: a statement sees the old column or the new one, with the same value.
--
-- Safe: all of it is changes of the catalog: ACCESS EXCLUSIVE for a moment. From here on what was set aside
-- follows what is written; where the old type cannot have a value it has NULL. The way down stops at its guard
-- then.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_new_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_new_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_type_orders_payload_orders_payload_new();

ALTER TABLE shop.orders RENAME COLUMN payload TO payload_old;

ALTER TABLE shop.orders RENAME COLUMN payload_new TO payload;

ALTER TABLE shop.orders ALTER COLUMN payload_old DROP NOT NULL;

ALTER TABLE shop.orders RENAME CONSTRAINT orders_payload_new_not_null TO orders_payload_not_null;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (payload::text) FROM (SELECT payload FROM shop.orders LIMIT 0) AS orders;
    PERFORM (payload_old::jsonb) FROM (SELECT payload_old FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_type_orders_payload_orders_payload_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps payload (old) and payload_old (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.payload_old := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.payload_old), ROW(want.payload_old)) THEN
            SELECT (payload::text) INTO NEW.payload_old FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.payload_old), ROW(OLD.payload_old)) THEN
            SELECT (payload::text) INTO NEW.payload_old FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (payload::text) INTO want.payload_old FROM (SELECT NEW.payload AS payload) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.payload_old), ROW(want.payload_old)) THEN
        SELECT (payload_old::jsonb) INTO NEW.payload FROM (SELECT NEW.payload_old AS payload_old) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_type_orders_payload_orders_payload_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_type_orders_payload_orders_payload_old() IS 'Dual write of the rollout type-orders-payload. Keeps payload (old) and payload_old (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_old_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_old();

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_old_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.payload, OLD.payload_old), ROW(NEW.payload, NEW.payload_old)))
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_old();

--@ downgrade
--@ guard "old and new columns of shop.orders agree" expect no rows
SELECT * FROM shop.orders
WHERE payload_old IS DISTINCT FROM (payload::text)
LIMIT 1;

--@ sql
ALTER TABLE shop.orders ADD CONSTRAINT orders_payload_old_not_null NOT NULL payload_old NOT VALID;

--@ sql
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_payload_old_not_null;

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_old_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_old_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_type_orders_payload_orders_payload_old();

ALTER TABLE shop.orders RENAME COLUMN payload TO payload_new;

ALTER TABLE shop.orders RENAME COLUMN payload_old TO payload;

ALTER TABLE shop.orders RENAME CONSTRAINT orders_payload_not_null TO orders_payload_new_not_null;

ALTER TABLE shop.orders RENAME CONSTRAINT orders_payload_old_not_null TO orders_payload_not_null;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (payload::jsonb) FROM (SELECT payload FROM shop.orders LIMIT 0) AS orders;
    PERFORM (payload_new::text) FROM (SELECT payload_new FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_type_orders_payload_orders_payload_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps payload (old) and payload_new (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.payload_new := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.payload_new), ROW(want.payload_new)) THEN
            SELECT (payload::jsonb) INTO NEW.payload_new FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.payload_new), ROW(OLD.payload_new)) THEN
            SELECT (payload::jsonb) INTO NEW.payload_new FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (payload::jsonb) INTO want.payload_new FROM (SELECT NEW.payload AS payload) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.payload_new), ROW(want.payload_new)) THEN
        SELECT (payload_new::text) INTO NEW.payload FROM (SELECT NEW.payload_new AS payload_new) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_type_orders_payload_orders_payload_new() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_type_orders_payload_orders_payload_new() IS 'Dual write of the rollout type-orders-payload. Keeps payload (old) and payload_new (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_new_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_new();

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_new_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.payload, OLD.payload_new), ROW(NEW.payload, NEW.payload_new)))
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_new();


--@ revision 0008
--@ revises 0007
--@ rollout type-orders-payload / cut over

-- The new type of shop.orders.payload has proven itself
--
-- Why: until here the way back exchanges the names again and loses nothing (unique indexes are built and foreign
-- keys checked once more, beside reads and writes). Behind it the old column has to be filled in again first.

--@ upgrade
--@ deploy "every program has worked with the new type of shop.orders.payload for as long as you want to be able to go back in a moment"

--@ downgrade


--@ revision 0009
--@ revises 0008
--@ rollout type-orders-payload / contract
--@ allow downgrade-loses-data "the backfill brings the values back from the new column"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- shop.orders.payload_old goes
--
-- Why: nobody reads it, and each write keeps it up.
--
-- Safe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for a change of the catalog. The way down adds it
-- again and fills it in.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_old_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_type_orders_payload_orders_payload_old_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_type_orders_payload_orders_payload_old();

ALTER TABLE shop.orders DROP COLUMN payload_old;

--@ downgrade
ALTER TABLE shop.orders ADD COLUMN payload_old text;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (payload::text) FROM (SELECT payload FROM shop.orders LIMIT 0) AS orders;
    PERFORM (payload_old::jsonb) FROM (SELECT payload_old FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_type_orders_payload_orders_payload_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps payload (old) and payload_old (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.payload_old := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.payload_old), ROW(want.payload_old)) THEN
            SELECT (payload::text) INTO NEW.payload_old FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.payload_old), ROW(OLD.payload_old)) THEN
            SELECT (payload::text) INTO NEW.payload_old FROM (SELECT NEW.payload AS payload) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (payload::text) INTO want.payload_old FROM (SELECT NEW.payload AS payload) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.payload_old), ROW(want.payload_old)) THEN
        SELECT (payload_old::jsonb) INTO NEW.payload FROM (SELECT NEW.payload_old AS payload_old) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_type_orders_payload_orders_payload_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_type_orders_payload_orders_payload_old() IS 'Dual write of the rollout type-orders-payload. Keeps payload (old) and payload_old (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_old_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_old();

CREATE TRIGGER zz_cutover_type_orders_payload_orders_payload_old_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.payload, OLD.payload_old), ROW(NEW.payload, NEW.payload_old)))
EXECUTE FUNCTION shop.cutover_type_orders_payload_orders_payload_old();

--@ backfill shop.orders by id
UPDATE shop.orders SET payload_old = payload::text
WHERE (payload_old IS NULL AND (payload::text) IS NOT NULL);
