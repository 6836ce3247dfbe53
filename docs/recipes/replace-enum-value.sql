-- What replace-enum-value writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout label-state-sent / expand
--@ allow if-not-exists "a label cannot be removed, so it is there when this runs again"
--@ allow empty-downgrade "a label cannot be removed; one that nobody uses hurts nobody"

-- shop.state has the label shipped
--
-- Safe: ADD VALUE locks no table. A label cannot be removed; one that nobody uses hurts nobody.

--@ upgrade
ALTER TYPE shop.state ADD VALUE IF NOT EXISTS 'shipped' AFTER 'sent';

--@ downgrade


--@ revision 0002
--@ revises 0001
--@ rollout label-state-sent / expand
--@ owner frontend

-- Everybody understands sent and shipped: frontend
--
-- Why: from the next step on rows have the new label.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "frontend understands shipped as well as sent wherever it reads"

--@ downgrade
--@ deploy "frontend need not understand shipped"


--@ revision 0003
--@ revises 0002
--@ rollout label-state-sent / expand
--@ owner backend

-- Everybody understands sent and shipped: backend
--
-- Why: from the next step on rows have the new label.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "backend understands shipped as well as sent wherever it reads"

--@ downgrade
--@ deploy "backend need not understand shipped"


--@ revision 0004
--@ revises 0003
--@ rollout label-state-sent / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- What is written into shop.orders.state has the label shipped
--
-- Why: old programs write the old label, and the backfill would never end.
--
-- Safe: the trigger changes the row before it is written. CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change
-- of the catalog. The way down turns the trigger round, brings all rows back and drops it.

--@ upgrade
DO $dual$
-- Plans the expression as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM ('shipped'::shop.state) FROM (SELECT * FROM shop.orders LIMIT 0) AS given;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_label_state_sent_orders_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Mends state of shop.orders in rows that are written.
BEGIN
    SELECT ('shipped'::shop.state) INTO NEW.state FROM (SELECT NEW.*) AS given;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_label_state_sent_orders_state() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_label_state_sent_orders_state() IS 'Dual write of the rollout label-state-sent. Mends state of shop.orders in rows that are written.';

CREATE TRIGGER zz_cutover_label_state_sent_orders_state_mend BEFORE INSERT OR UPDATE ON shop.orders
FOR EACH ROW
WHEN (NEW.state = 'sent'::shop.state)
EXECUTE FUNCTION shop.cutover_label_state_sent_orders_state();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_label_state_sent_orders_state_mend ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_label_state_sent_orders_state();

DO $dual$
-- Plans the expression as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM ('sent'::shop.state) FROM (SELECT * FROM shop.orders LIMIT 0) AS given;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_label_state_sent_orders_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Mends state of shop.orders in rows that are written.
BEGIN
    SELECT ('sent'::shop.state) INTO NEW.state FROM (SELECT NEW.*) AS given;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_label_state_sent_orders_state() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_label_state_sent_orders_state() IS 'Dual write of the rollout label-state-sent. Mends state of shop.orders in rows that are written.';

CREATE TRIGGER zz_cutover_label_state_sent_orders_state_mend BEFORE INSERT OR UPDATE ON shop.orders
FOR EACH ROW
WHEN (NEW.state = 'shipped'::shop.state)
EXECUTE FUNCTION shop.cutover_label_state_sent_orders_state();

--@ backfill shop.orders by id
UPDATE shop.orders SET state = 'sent' WHERE state = 'shipped';

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_label_state_sent_orders_state_mend ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_label_state_sent_orders_state();


--@ revision 0005
--@ revises 0004
--@ rollout label-state-sent / backfill
--@ allow empty-downgrade "the revision before brings the rows back, when the trigger is turned round"

-- sent becomes shipped in shop.orders
--
-- Safe: in batches by the key of the table; no row with the old label comes any more.

--@ upgrade
--@ backfill shop.orders by id
UPDATE shop.orders SET state = 'shipped' WHERE state = 'sent';

--@ downgrade


--@ revision 0006
--@ revises 0005
--@ rollout label-state-sent / validate

-- No row of shop.orders has the label sent
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "no row of shop.orders has the label sent" expect no rows
SELECT * FROM shop.orders WHERE state = 'sent'
LIMIT 1;

--@ downgrade


--@ revision 0007
--@ revises 0006
--@ rollout label-state-sent / cut over
--@ owner frontend

-- Everybody says shipped: frontend
--
-- Why: after the last step the old label is an error.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "frontend says shipped and no longer sent"

--@ downgrade
--@ deploy "frontend may say sent again, and understands both"


--@ revision 0008
--@ revises 0007
--@ rollout label-state-sent / cut over
--@ owner backend

-- Everybody says shipped: backend
--
-- Why: after the last step the old label is an error.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "backend says shipped and no longer sent"

--@ downgrade
--@ deploy "backend may say sent again, and understands both"


--@ revision 0009
--@ revises 0008
--@ rollout label-state-sent / contract
--@ allow rename-enum-value "nobody says it any more: that is what was waited for"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"

-- The label sent of shop.state goes
--
-- Why: whoever still says it gets an error and is found, and no row can have it again.
--
-- Safe: RENAME VALUE locks no table, and no row has the label. Dropping a trigger takes ACCESS EXCLUSIVE for a
-- change of the catalog.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_label_state_sent_orders_state_mend ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_label_state_sent_orders_state();

--@ sql
ALTER TYPE shop.state RENAME VALUE 'sent' TO 'unused_sent';

--@ downgrade
ALTER TYPE shop.state RENAME VALUE 'unused_sent' TO 'sent';

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_label_state_sent_orders_state_mend ON shop.orders;

DROP FUNCTION IF EXISTS shop.cutover_label_state_sent_orders_state();

DO $dual$
-- Plans the expression as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM ('shipped'::shop.state) FROM (SELECT * FROM shop.orders LIMIT 0) AS given;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_label_state_sent_orders_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Mends state of shop.orders in rows that are written.
BEGIN
    SELECT ('shipped'::shop.state) INTO NEW.state FROM (SELECT NEW.*) AS given;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_label_state_sent_orders_state() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_label_state_sent_orders_state() IS 'Dual write of the rollout label-state-sent. Mends state of shop.orders in rows that are written.';

CREATE TRIGGER zz_cutover_label_state_sent_orders_state_mend BEFORE INSERT OR UPDATE ON shop.orders
FOR EACH ROW
WHEN (NEW.state = 'sent'::shop.state)
EXECUTE FUNCTION shop.cutover_label_state_sent_orders_state();
