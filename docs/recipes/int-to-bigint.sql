-- What int-to-bigint writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout bigint-orders-id / expand

-- A bigint beside shop.item.order_id
--
-- Why: it is empty and nobody knows it yet.
--
-- Safe: without a default in ADD COLUMN no row is touched; ACCESS EXCLUSIVE lasts for changes of the catalog.

--@ upgrade
ALTER TABLE shop.item ADD COLUMN order_id_new bigint;

--@ downgrade
ALTER TABLE shop.item DROP COLUMN order_id_new;


--@ revision 0002
--@ revises 0001
--@ rollout bigint-orders-id / expand

-- A bigint beside shop.orders.id
--
-- Why: it is empty and nobody knows it yet.
--
-- Safe: without a default in ADD COLUMN no row is touched; ACCESS EXCLUSIVE lasts for changes of the catalog.

--@ upgrade
ALTER TABLE shop.orders ADD COLUMN id_new bigint;

--@ downgrade
ALTER TABLE shop.orders DROP COLUMN id_new;


--@ revision 0003
--@ revises 0002
--@ rollout bigint-orders-id / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- Write both shop.item.order_id and shop.item.order_id_new
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
    PERFORM (order_id::bigint) FROM (SELECT order_id FROM shop.item LIMIT 0) AS item;
    PERFORM (CASE WHEN order_id_new BETWEEN -2147483648 AND 2147483647 THEN order_id_new::integer END) FROM (SELECT order_id_new FROM shop.item LIMIT 0) AS item;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_item_order_id_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps order_id (old) and order_id_new (new) of shop.item in agreement, whichever of them is written.
DECLARE
    want shop.item%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.order_id_new := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_new), ROW(want.order_id_new)) THEN
            SELECT (order_id::bigint) INTO NEW.order_id_new FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_new), ROW(OLD.order_id_new)) THEN
            SELECT (order_id::bigint) INTO NEW.order_id_new FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (order_id::bigint) INTO want.order_id_new FROM (SELECT NEW.order_id AS order_id) AS item;
    IF pg_catalog.record_image_ne(ROW(NEW.order_id_new), ROW(want.order_id_new)) THEN
        SELECT (CASE WHEN order_id_new BETWEEN -2147483648 AND 2147483647 THEN order_id_new::integer END) INTO NEW.order_id FROM (SELECT NEW.order_id_new AS order_id_new) AS item;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_new() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_new() IS 'Dual write of the rollout bigint-orders-id. Keeps order_id (old) and order_id_new (new) of shop.item in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_new_insert BEFORE INSERT ON shop.item
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_new();

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_new_update BEFORE UPDATE ON shop.item
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.order_id, OLD.order_id_new), ROW(NEW.order_id, NEW.order_id_new)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_new();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_new_update ON shop.item;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_new_insert ON shop.item;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_item_order_id_new();


--@ revision 0004
--@ revises 0003
--@ rollout bigint-orders-id / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- Write both shop.orders.id and shop.orders.id_new
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
    PERFORM (id::bigint) FROM (SELECT id FROM shop.orders LIMIT 0) AS orders;
    PERFORM (CASE WHEN id_new BETWEEN -2147483648 AND 2147483647 THEN id_new::integer END) FROM (SELECT id_new FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_orders_id_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps id (old) and id_new (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.id_new := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.id_new), ROW(want.id_new)) THEN
            SELECT (id::bigint) INTO NEW.id_new FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.id_new), ROW(OLD.id_new)) THEN
            SELECT (id::bigint) INTO NEW.id_new FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (id::bigint) INTO want.id_new FROM (SELECT NEW.id AS id) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.id_new), ROW(want.id_new)) THEN
        SELECT (CASE WHEN id_new BETWEEN -2147483648 AND 2147483647 THEN id_new::integer END) INTO NEW.id FROM (SELECT NEW.id_new AS id_new) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_orders_id_new() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_orders_id_new() IS 'Dual write of the rollout bigint-orders-id. Keeps id (old) and id_new (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_new_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_new();

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_new_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.id_new), ROW(NEW.id, NEW.id_new)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_new();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_new_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_new_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_orders_id_new();


--@ revision 0005
--@ revises 0004
--@ rollout bigint-orders-id / backfill
--@ allow empty-downgrade "the column goes with the first revision; a value in it hurts nobody"

-- Fill in shop.item.order_id_new
--
-- Safe: in batches by the key of the table. It can run again at any time: it touches only rows that have no
-- value yet.

--@ upgrade
--@ backfill shop.item by order_id, no
UPDATE shop.item SET order_id_new = order_id::bigint
WHERE (order_id_new IS NULL AND (order_id::bigint) IS NOT NULL);

--@ downgrade


--@ revision 0006
--@ revises 0005
--@ rollout bigint-orders-id / backfill
--@ allow empty-downgrade "the column goes with the first revision; a value in it hurts nobody"

-- Fill in shop.orders.id_new
--
-- Safe: in batches by the key of the table. It can run again at any time: it touches only rows that have no
-- value yet.

--@ upgrade
--@ backfill shop.orders by id
UPDATE shop.orders SET id_new = id::bigint
WHERE (id_new IS NULL AND (id::bigint) IS NOT NULL);

--@ downgrade


--@ revision 0007
--@ revises 0006
--@ rollout bigint-orders-id / validate

-- Compare shop.item.order_id and shop.item.order_id_new
--
-- Why: programs that read the new column must see what is in the old one.
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "old and new columns of shop.item agree" expect no rows
SELECT * FROM shop.item
WHERE order_id_new IS DISTINCT FROM (order_id::bigint)
LIMIT 1;

--@ sql
-- the planner knows nothing of a new column
ANALYZE shop.item (order_id_new);

--@ downgrade


--@ revision 0008
--@ revises 0007
--@ rollout bigint-orders-id / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- Indexes on shop.item.order_id_new
--
-- Why now: after the backfill an index is built faster and is smaller.
--
-- Safe: they are built while reads and writes go on. Their names are for the time of the rollout.

--@ upgrade
CREATE UNIQUE INDEX CONCURRENTLY item_pkey_new ON shop.item (order_id_new, no);

--@ downgrade
DROP INDEX CONCURRENTLY IF EXISTS shop.item_pkey_new;


--@ revision 0009
--@ revises 0008
--@ rollout bigint-orders-id / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- The constraints of shop.item.order_id hold for shop.item.order_id_new
--
-- Safe: each is NOT VALID first, which reads no row, and is then validated under SHARE UPDATE EXCLUSIVE, beside
-- reads and writes.

--@ upgrade
ALTER TABLE shop.item ADD CONSTRAINT item_order_id_new_not_null NOT NULL order_id_new NOT VALID;

--@ sql
ALTER TABLE shop.item VALIDATE CONSTRAINT item_order_id_new_not_null;

--@ downgrade
ALTER TABLE shop.item DROP CONSTRAINT IF EXISTS item_order_id_new_not_null, ALTER COLUMN order_id_new DROP NOT NULL;


--@ revision 0010
--@ revises 0009
--@ rollout bigint-orders-id / validate

-- Compare shop.orders.id and shop.orders.id_new
--
-- Why: programs that read the new column must see what is in the old one.
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "old and new columns of shop.orders agree" expect no rows
SELECT * FROM shop.orders
WHERE id_new IS DISTINCT FROM (id::bigint)
LIMIT 1;

--@ sql
-- the planner knows nothing of a new column
ANALYZE shop.orders (id_new);

--@ downgrade


--@ revision 0011
--@ revises 0010
--@ rollout bigint-orders-id / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- Indexes on shop.orders.id_new
--
-- Why now: after the backfill an index is built faster and is smaller.
--
-- Safe: they are built while reads and writes go on. Their names are for the time of the rollout.

--@ upgrade
CREATE UNIQUE INDEX CONCURRENTLY orders_pkey_new ON shop.orders (id_new);

--@ downgrade
DROP INDEX CONCURRENTLY IF EXISTS shop.orders_pkey_new;


--@ revision 0012
--@ revises 0011
--@ rollout bigint-orders-id / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- The constraints of shop.orders.id hold for shop.orders.id_new
--
-- Safe: each is NOT VALID first, which reads no row, and is then validated under SHARE UPDATE EXCLUSIVE, beside
-- reads and writes.

--@ upgrade
ALTER TABLE shop.orders ADD CONSTRAINT orders_id_new_not_null NOT NULL id_new NOT VALID;

--@ sql
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_id_new_not_null;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_id_new_not_null, ALTER COLUMN id_new DROP NOT NULL;


--@ revision 0013
--@ revises 0012
--@ rollout bigint-orders-id / validate
--@ allow drop-locks-referenced-table "a change of the catalog on both, for a moment"
--@ allow if-not-exists "it has to work from a half done run, too"

-- item_order_id_fkey of shop.item for the new columns
--
-- Why: the new columns keep to the foreign key before they take over.
--
-- Safe: NOT VALID takes SHARE ROW EXCLUSIVE on both tables for a change of the catalog; VALIDATE reads beside
-- reads and writes.

--@ upgrade
ALTER TABLE shop.item ADD CONSTRAINT item_order_id_fkey_new FOREIGN KEY (order_id_new) REFERENCES shop.orders(id_new) NOT VALID;

--@ sql
ALTER TABLE shop.item VALIDATE CONSTRAINT item_order_id_fkey_new;

--@ downgrade
ALTER TABLE shop.item DROP CONSTRAINT IF EXISTS item_order_id_fkey_new;


--@ revision 0014
--@ revises 0013
--@ rollout bigint-orders-id / cut over
--@ owner frontend

-- Everybody can work with both types of shop.orders.id: frontend
--
-- Why: the next step exchanges the columns between two statements of a program.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "frontend works with both types of shop.orders.id, and prepares a statement again when its result type has changed"

--@ downgrade


--@ revision 0015
--@ revises 0014
--@ rollout bigint-orders-id / cut over
--@ owner backend

-- Everybody can work with both types of shop.orders.id: backend
--
-- Why: the next step exchanges the columns between two statements of a program.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "backend works with both types of shop.orders.id, and prepares a statement again when its result type has changed"

--@ downgrade


--@ revision 0016
--@ revises 0015
--@ rollout bigint-orders-id / cut over
--@ allow drop-foreign-key "the same one on the new columns is there and valid"
--@ allow drop-locks-referenced-table "a change of the catalog on both, for a moment"

-- item_order_id_fkey of shop.item goes for the old columns
--
-- Why: it hangs on the key that is exchanged next. The same one on the new columns is valid, and the triggers
-- keep both sides in agreement.
--
-- Safe: ACCESS EXCLUSIVE on both tables for a change of the catalog.

--@ upgrade
ALTER TABLE shop.item DROP CONSTRAINT item_order_id_fkey;

--@ downgrade
ALTER TABLE shop.item ADD CONSTRAINT item_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.orders(id) NOT VALID;

--@ sql
ALTER TABLE shop.item VALIDATE CONSTRAINT item_order_id_fkey;


--@ revision 0017
--@ revises 0016
--@ rollout bigint-orders-id / cut over
--@ allow drop-primary-key "the same transaction adds it again, with an index that is there"
--@ allow rename-column "the same transaction gives the name to the successor, which has the same value"
--@ allow drop-not-null "what was set aside follows its successor, which has all of it"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"

-- The columns exchange their names: shop.item.order_id
--
-- Why in one transaction: a statement sees the old column or the new one, with the same value.
--
-- Safe: all of it is changes of the catalog: ACCESS EXCLUSIVE for a moment. From here on what was set aside
-- follows what is written; where the old type cannot have a value it has NULL. The way down stops at its guard
-- then.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_new_update ON shop.item;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_new_insert ON shop.item;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_item_order_id_new();

ALTER TABLE shop.item DROP CONSTRAINT item_pkey;

ALTER TABLE shop.item RENAME COLUMN order_id TO order_id_old;

ALTER TABLE shop.item RENAME COLUMN order_id_new TO order_id;

ALTER TABLE shop.item ALTER COLUMN order_id_old DROP NOT NULL;

ALTER TABLE shop.item RENAME CONSTRAINT item_order_id_fkey_new TO item_order_id_fkey;

ALTER TABLE shop.item RENAME CONSTRAINT item_order_id_new_not_null TO item_order_id_not_null;

ALTER TABLE shop.item ADD CONSTRAINT item_pkey PRIMARY KEY USING INDEX item_pkey_new;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) FROM (SELECT order_id FROM shop.item LIMIT 0) AS item;
    PERFORM (order_id_old::bigint) FROM (SELECT order_id_old FROM shop.item LIMIT 0) AS item;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_item_order_id_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps order_id (old) and order_id_old (new) of shop.item in agreement, whichever of them is written.
DECLARE
    want shop.item%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.order_id_old := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_old), ROW(want.order_id_old)) THEN
            SELECT (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) INTO NEW.order_id_old FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_old), ROW(OLD.order_id_old)) THEN
            SELECT (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) INTO NEW.order_id_old FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) INTO want.order_id_old FROM (SELECT NEW.order_id AS order_id) AS item;
    IF pg_catalog.record_image_ne(ROW(NEW.order_id_old), ROW(want.order_id_old)) THEN
        SELECT (order_id_old::bigint) INTO NEW.order_id FROM (SELECT NEW.order_id_old AS order_id_old) AS item;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_old() IS 'Dual write of the rollout bigint-orders-id. Keeps order_id (old) and order_id_old (new) of shop.item in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_old_insert BEFORE INSERT ON shop.item
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_old();

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_old_update BEFORE UPDATE ON shop.item
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.order_id, OLD.order_id_old), ROW(NEW.order_id, NEW.order_id_old)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_old();

--@ downgrade
--@ guard "old and new columns of shop.item agree" expect no rows
SELECT * FROM shop.item
WHERE order_id_old IS DISTINCT FROM (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END)
LIMIT 1;

--@ sql
ALTER TABLE shop.item ADD CONSTRAINT item_order_id_old_not_null NOT NULL order_id_old NOT VALID;

--@ sql
ALTER TABLE shop.item VALIDATE CONSTRAINT item_order_id_old_not_null;

--@ sql
CREATE UNIQUE INDEX CONCURRENTLY item_pkey_old ON shop.item (order_id_old, no);

--@ sql
CREATE UNIQUE INDEX CONCURRENTLY item_pkey_new ON shop.item (order_id, no);

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_old_update ON shop.item;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_old_insert ON shop.item;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_item_order_id_old();

ALTER TABLE shop.item DROP CONSTRAINT item_pkey;

ALTER TABLE shop.item RENAME COLUMN order_id TO order_id_new;

ALTER TABLE shop.item RENAME COLUMN order_id_old TO order_id;

ALTER TABLE shop.item RENAME CONSTRAINT item_order_id_fkey TO item_order_id_fkey_new;

ALTER TABLE shop.item RENAME CONSTRAINT item_order_id_not_null TO item_order_id_new_not_null;

ALTER TABLE shop.item RENAME CONSTRAINT item_order_id_old_not_null TO item_order_id_not_null;

ALTER TABLE shop.item ADD CONSTRAINT item_pkey PRIMARY KEY USING INDEX item_pkey_old;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (order_id::bigint) FROM (SELECT order_id FROM shop.item LIMIT 0) AS item;
    PERFORM (CASE WHEN order_id_new BETWEEN -2147483648 AND 2147483647 THEN order_id_new::integer END) FROM (SELECT order_id_new FROM shop.item LIMIT 0) AS item;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_item_order_id_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps order_id (old) and order_id_new (new) of shop.item in agreement, whichever of them is written.
DECLARE
    want shop.item%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.order_id_new := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_new), ROW(want.order_id_new)) THEN
            SELECT (order_id::bigint) INTO NEW.order_id_new FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_new), ROW(OLD.order_id_new)) THEN
            SELECT (order_id::bigint) INTO NEW.order_id_new FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (order_id::bigint) INTO want.order_id_new FROM (SELECT NEW.order_id AS order_id) AS item;
    IF pg_catalog.record_image_ne(ROW(NEW.order_id_new), ROW(want.order_id_new)) THEN
        SELECT (CASE WHEN order_id_new BETWEEN -2147483648 AND 2147483647 THEN order_id_new::integer END) INTO NEW.order_id FROM (SELECT NEW.order_id_new AS order_id_new) AS item;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_new() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_new() IS 'Dual write of the rollout bigint-orders-id. Keeps order_id (old) and order_id_new (new) of shop.item in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_new_insert BEFORE INSERT ON shop.item
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_new();

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_new_update BEFORE UPDATE ON shop.item
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.order_id, OLD.order_id_new), ROW(NEW.order_id, NEW.order_id_new)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_new();


--@ revision 0018
--@ revises 0017
--@ rollout bigint-orders-id / cut over
--@ allow drop-primary-key "the same transaction adds it again, with an index that is there"
--@ allow rename-column "the same transaction gives the name to the successor, which has the same value"
--@ allow drop-not-null "what was set aside follows its successor, which has all of it"
--@ allow drop-foreign-key "the same transaction adds it again"
--@ allow drop-locks-referenced-table "a change of the catalog on both, for a moment"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-default "the successor has it, from the same transaction on"
--@ allow set-generated-always "the old column had it as well"
--@ allow scan-under-strong-lock "a sequence has one row"

-- The columns exchange their names: shop.orders.id
--
-- Why in one transaction: a statement sees the old column or the new one, with the same value.
--
-- Safe: all of it is changes of the catalog: ACCESS EXCLUSIVE for a moment. From here on what was set aside
-- follows what is written; where the old type cannot have a value it has NULL. The way down stops at its guard
-- then.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_new_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_new_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_orders_id_new();

ALTER TABLE shop.orders DROP CONSTRAINT orders_pkey;

ALTER TABLE shop.orders RENAME COLUMN id TO id_old;

ALTER TABLE shop.orders RENAME COLUMN id_new TO id;

SELECT set_config('cutover.last', last_value::text, true), set_config('cutover.called', is_called::text, true) FROM shop.orders_id_seq;

ALTER TABLE shop.orders ALTER COLUMN id_old DROP IDENTITY;

ALTER TABLE shop.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME shop.orders_id_seq);

SELECT setval('shop.orders_id_seq', current_setting('cutover.last')::bigint, current_setting('cutover.called')::boolean);

ALTER TABLE shop.orders ALTER COLUMN id_old DROP NOT NULL;

ALTER TABLE shop.orders RENAME CONSTRAINT orders_id_new_not_null TO orders_id_not_null;

ALTER TABLE shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey_new;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) FROM (SELECT id FROM shop.orders LIMIT 0) AS orders;
    PERFORM (id_old::bigint) FROM (SELECT id_old FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_orders_id_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps id (old) and id_old (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.id_old := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.id_old), ROW(want.id_old)) THEN
            SELECT (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) INTO NEW.id_old FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.id_old), ROW(OLD.id_old)) THEN
            SELECT (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) INTO NEW.id_old FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) INTO want.id_old FROM (SELECT NEW.id AS id) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.id_old), ROW(want.id_old)) THEN
        SELECT (id_old::bigint) INTO NEW.id FROM (SELECT NEW.id_old AS id_old) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_orders_id_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_orders_id_old() IS 'Dual write of the rollout bigint-orders-id. Keeps id (old) and id_old (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_old_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_old();

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_old_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.id_old), ROW(NEW.id, NEW.id_old)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_old();

--@ downgrade
--@ guard "old and new columns of shop.orders agree" expect no rows
SELECT * FROM shop.orders
WHERE id_old IS DISTINCT FROM (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END)
LIMIT 1;

--@ sql
ALTER TABLE shop.orders ADD CONSTRAINT orders_id_old_not_null NOT NULL id_old NOT VALID;

--@ sql
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_id_old_not_null;

--@ sql
CREATE UNIQUE INDEX CONCURRENTLY orders_pkey_old ON shop.orders (id_old);

--@ sql
CREATE UNIQUE INDEX CONCURRENTLY orders_pkey_new ON shop.orders (id);

--@ sql
ALTER TABLE shop.item DROP CONSTRAINT item_order_id_fkey;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_old_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_old_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_orders_id_old();

ALTER TABLE shop.orders DROP CONSTRAINT orders_pkey;

ALTER TABLE shop.orders RENAME COLUMN id TO id_new;

ALTER TABLE shop.orders RENAME COLUMN id_old TO id;

SELECT set_config('cutover.last', last_value::text, true), set_config('cutover.called', is_called::text, true) FROM shop.orders_id_seq;

ALTER TABLE shop.orders ALTER COLUMN id_new DROP IDENTITY;

ALTER TABLE shop.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME shop.orders_id_seq);

SELECT setval('shop.orders_id_seq', current_setting('cutover.last')::bigint, current_setting('cutover.called')::boolean);

ALTER TABLE shop.orders RENAME CONSTRAINT orders_id_not_null TO orders_id_new_not_null;

ALTER TABLE shop.orders RENAME CONSTRAINT orders_id_old_not_null TO orders_id_not_null;

ALTER TABLE shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey_old;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (id::bigint) FROM (SELECT id FROM shop.orders LIMIT 0) AS orders;
    PERFORM (CASE WHEN id_new BETWEEN -2147483648 AND 2147483647 THEN id_new::integer END) FROM (SELECT id_new FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_orders_id_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps id (old) and id_new (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.id_new := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.id_new), ROW(want.id_new)) THEN
            SELECT (id::bigint) INTO NEW.id_new FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.id_new), ROW(OLD.id_new)) THEN
            SELECT (id::bigint) INTO NEW.id_new FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (id::bigint) INTO want.id_new FROM (SELECT NEW.id AS id) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.id_new), ROW(want.id_new)) THEN
        SELECT (CASE WHEN id_new BETWEEN -2147483648 AND 2147483647 THEN id_new::integer END) INTO NEW.id FROM (SELECT NEW.id_new AS id_new) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_orders_id_new() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_orders_id_new() IS 'Dual write of the rollout bigint-orders-id. Keeps id (old) and id_new (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_new_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_new();

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_new_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.id_new), ROW(NEW.id, NEW.id_new)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_new();

ALTER TABLE shop.item ADD CONSTRAINT item_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.orders(id_new) NOT VALID;

--@ sql
ALTER TABLE shop.item VALIDATE CONSTRAINT item_order_id_fkey;


--@ revision 0019
--@ revises 0018
--@ rollout bigint-orders-id / cut over

-- The new type of shop.orders.id has proven itself
--
-- Why: until here the way back exchanges the names again and loses nothing (unique indexes are built and foreign
-- keys checked once more, beside reads and writes). Behind it the old column has to be filled in again first.

--@ upgrade
--@ deploy "every program has worked with the new type of shop.orders.id for as long as you want to be able to go back in a moment"

--@ downgrade


--@ revision 0020
--@ revises 0019
--@ rollout bigint-orders-id / contract
--@ allow downgrade-loses-data "the backfill brings the values back from the new column"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- shop.item.order_id_old goes
--
-- Why: nobody reads it, and each write keeps it up.
--
-- Safe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for a change of the catalog. The way down adds it
-- again and fills it in.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_old_update ON shop.item;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_item_order_id_old_insert ON shop.item;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_item_order_id_old();

ALTER TABLE shop.item DROP COLUMN order_id_old;

--@ downgrade
ALTER TABLE shop.item ADD COLUMN order_id_old integer;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) FROM (SELECT order_id FROM shop.item LIMIT 0) AS item;
    PERFORM (order_id_old::bigint) FROM (SELECT order_id_old FROM shop.item LIMIT 0) AS item;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_item_order_id_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps order_id (old) and order_id_old (new) of shop.item in agreement, whichever of them is written.
DECLARE
    want shop.item%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.order_id_old := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_old), ROW(want.order_id_old)) THEN
            SELECT (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) INTO NEW.order_id_old FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.order_id_old), ROW(OLD.order_id_old)) THEN
            SELECT (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) INTO NEW.order_id_old FROM (SELECT NEW.order_id AS order_id) AS item;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) INTO want.order_id_old FROM (SELECT NEW.order_id AS order_id) AS item;
    IF pg_catalog.record_image_ne(ROW(NEW.order_id_old), ROW(want.order_id_old)) THEN
        SELECT (order_id_old::bigint) INTO NEW.order_id FROM (SELECT NEW.order_id_old AS order_id_old) AS item;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_item_order_id_old() IS 'Dual write of the rollout bigint-orders-id. Keeps order_id (old) and order_id_old (new) of shop.item in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_old_insert BEFORE INSERT ON shop.item
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_old();

CREATE TRIGGER zz_cutover_bigint_orders_id_item_order_id_old_update BEFORE UPDATE ON shop.item
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.order_id, OLD.order_id_old), ROW(NEW.order_id, NEW.order_id_old)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_item_order_id_old();

--@ backfill shop.item by order_id, no
UPDATE shop.item SET order_id_old = CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END
WHERE (order_id_old IS NULL AND (CASE WHEN order_id BETWEEN -2147483648 AND 2147483647 THEN order_id::integer END) IS NOT NULL);


--@ revision 0021
--@ revises 0020
--@ rollout bigint-orders-id / contract
--@ allow downgrade-loses-data "the backfill brings the values back from the new column"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- shop.orders.id_old goes
--
-- Why: nobody reads it, and each write keeps it up.
--
-- Safe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for a change of the catalog. The way down adds it
-- again and fills it in.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_old_update ON shop.orders;

DROP TRIGGER IF EXISTS zz_cutover_bigint_orders_id_orders_id_old_insert ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_bigint_orders_id_orders_id_old();

ALTER TABLE shop.orders DROP COLUMN id_old;

--@ downgrade
ALTER TABLE shop.orders ADD COLUMN id_old integer;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) FROM (SELECT id FROM shop.orders LIMIT 0) AS orders;
    PERFORM (id_old::bigint) FROM (SELECT id_old FROM shop.orders LIMIT 0) AS orders;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_bigint_orders_id_orders_id_old() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps id (old) and id_old (new) of shop.orders in agreement, whichever of them is written.
DECLARE
    want shop.orders%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.id_old := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.id_old), ROW(want.id_old)) THEN
            SELECT (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) INTO NEW.id_old FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.id_old), ROW(OLD.id_old)) THEN
            SELECT (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) INTO NEW.id_old FROM (SELECT NEW.id AS id) AS orders;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) INTO want.id_old FROM (SELECT NEW.id AS id) AS orders;
    IF pg_catalog.record_image_ne(ROW(NEW.id_old), ROW(want.id_old)) THEN
        SELECT (id_old::bigint) INTO NEW.id FROM (SELECT NEW.id_old AS id_old) AS orders;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_bigint_orders_id_orders_id_old() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_bigint_orders_id_orders_id_old() IS 'Dual write of the rollout bigint-orders-id. Keeps id (old) and id_old (new) of shop.orders in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_old_insert BEFORE INSERT ON shop.orders
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_old();

CREATE TRIGGER zz_cutover_bigint_orders_id_orders_id_old_update BEFORE UPDATE ON shop.orders
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.id_old), ROW(NEW.id, NEW.id_old)))
EXECUTE FUNCTION shop.cutover_bigint_orders_id_orders_id_old();

--@ backfill shop.orders by id
UPDATE shop.orders SET id_old = CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END
WHERE (id_old IS NULL AND (CASE WHEN id BETWEEN -2147483648 AND 2147483647 THEN id::integer END) IS NOT NULL);
