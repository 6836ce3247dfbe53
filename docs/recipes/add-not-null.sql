-- What add-not-null writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout not-null-orders-currency / expand

-- shop.orders.currency has a default
--
-- Why: a program that does not name the column leaves no NULL behind.
--
-- Safe: a default is for rows to come, and a change of the catalog.

--@ upgrade
ALTER TABLE shop.orders ALTER COLUMN currency SET DEFAULT 'EUR';

--@ downgrade
ALTER TABLE shop.orders ALTER COLUMN currency DROP DEFAULT;


--@ revision 0002
--@ revises 0001
--@ rollout not-null-orders-currency / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- A NULL that is written into shop.orders.currency is filled in
--
-- Why: old programs write NULL and would begin to fail.
--
-- Safe: the trigger changes the row before it is written. CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change
-- of the catalog.

--@ upgrade
DO $dual$
-- Plans the expression as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM ('EUR') FROM (SELECT * FROM shop.orders LIMIT 0) AS given;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_not_null_orders_currency_orders_currency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Mends currency of shop.orders in rows that are written.
BEGIN
    SELECT ('EUR') INTO NEW.currency FROM (SELECT NEW.*) AS given;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_not_null_orders_currency_orders_currency() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_not_null_orders_currency_orders_currency() IS 'Dual write of the rollout not-null-orders-currency. Mends currency of shop.orders in rows that are written.';

CREATE TRIGGER zz_cutover_not_null_orders_currency_orders_currency_mend BEFORE INSERT OR UPDATE ON shop.orders
FOR EACH ROW
WHEN (NEW.currency IS NULL)
EXECUTE FUNCTION shop.cutover_not_null_orders_currency_orders_currency();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_not_null_orders_currency_orders_currency_mend ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_not_null_orders_currency_orders_currency();


--@ revision 0003
--@ revises 0002
--@ rollout not-null-orders-currency / backfill
--@ allow empty-downgrade "nobody knows any more which values were NULL; old programs work with these"

-- Fill in shop.orders.currency where it is NULL
--
-- Safe: in batches by the key of the table; no NULL comes any more. What is filled in stays: old programs take
-- it as they take any value.

--@ upgrade
--@ backfill shop.orders by id
UPDATE shop.orders SET currency = 'EUR' WHERE currency IS NULL;

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout not-null-orders-currency / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- New rows have a value in shop.orders.currency
--
-- Why: from here on no NULL can come.
--
-- Safe: NOT VALID reads no row, so ACCESS EXCLUSIVE lasts for a change of the catalog. The guard reads before: a
-- row that has NULL could not be updated any more.

--@ upgrade
--@ guard "no row has NULL in shop.orders.currency" expect no rows
SELECT * FROM shop.orders WHERE currency IS NULL
LIMIT 1;

--@ sql
ALTER TABLE shop.orders ADD CONSTRAINT orders_currency_not_null NOT NULL currency NOT VALID;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_currency_not_null;


--@ revision 0005
--@ revises 0004
--@ rollout not-null-orders-currency / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- shop.orders.currency is NOT NULL
--
-- Why: now it holds for all rows, and PostgreSQL knows it.
--
-- Safe: VALIDATE reads the table under SHARE UPDATE EXCLUSIVE; reads and writes go on. What follows it reads
-- nothing.

--@ upgrade
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_currency_not_null;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_currency_not_null, ADD CONSTRAINT orders_currency_not_null NOT NULL currency NOT VALID;


--@ revision 0006
--@ revises 0005
--@ rollout not-null-orders-currency / cut over

-- Writers give currency a value
--
-- Why: after the next step a NULL is refused. Until then the trigger fills it in.

--@ upgrade
--@ deploy "every program writes no NULL into shop.orders.currency"

--@ downgrade
--@ deploy "every program may write NULL into shop.orders.currency"


--@ revision 0007
--@ revises 0006
--@ rollout not-null-orders-currency / contract
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"

-- NULL in shop.orders.currency is not filled in any more
--
-- Safe: dropping a trigger takes ACCESS EXCLUSIVE for a change of the catalog.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_not_null_orders_currency_orders_currency_mend ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_not_null_orders_currency_orders_currency();

--@ downgrade
DO $dual$
-- Plans the expression as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM ('EUR') FROM (SELECT * FROM shop.orders LIMIT 0) AS given;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_not_null_orders_currency_orders_currency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Mends currency of shop.orders in rows that are written.
BEGIN
    SELECT ('EUR') INTO NEW.currency FROM (SELECT NEW.*) AS given;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_not_null_orders_currency_orders_currency() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_not_null_orders_currency_orders_currency() IS 'Dual write of the rollout not-null-orders-currency. Mends currency of shop.orders in rows that are written.';

CREATE TRIGGER zz_cutover_not_null_orders_currency_orders_currency_mend BEFORE INSERT OR UPDATE ON shop.orders
FOR EACH ROW
WHEN (NEW.currency IS NULL)
EXECUTE FUNCTION shop.cutover_not_null_orders_currency_orders_currency();
