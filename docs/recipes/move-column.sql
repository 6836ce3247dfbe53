-- What move-column writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout move-discount-to-plan / expand

-- Add discount to shop.plan
--
-- Why: shop.visit.discount says something of a row of shop.plan, and is kept there from now on.
--
-- Safe: nothing that runs names the column. It is added without touching a row.

--@ upgrade
ALTER TABLE shop.plan ADD COLUMN discount numeric(4,2) DEFAULT 0;

--@ downgrade
ALTER TABLE shop.plan DROP COLUMN IF EXISTS discount;


--@ revision 0002
--@ revises 0001
--@ rollout move-discount-to-plan / dual write
--@ allow strong-locks-in-one-transaction "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout"

-- Keep shop.visit.discount and shop.plan.discount equal
--
-- Why: from here on a write of shop.visit.discount is one of shop.plan.discount, and the other way round. It
-- comes before the backfill, or what is written between the two would be lost to new readers.
--
-- Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. The triggers write only
-- what differs, so none of them calls the other for ever.

--@ upgrade
CREATE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_before() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A write to the old home waits for the row of the new one. A row that gets another partner takes its
-- value.
DECLARE
    home shop.plan%ROWTYPE;
    want shop.plan%ROWTYPE;
    unsaid shop.visit%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        unsaid.discount := (0);
        IF pg_catalog.record_image_ne(ROW(NEW.discount), ROW(unsaid.discount)) THEN
            want.discount := NEW.discount;
            -- The lock that the write will need, at once; where nothing will be written, one that others can share.
            PERFORM 1 FROM shop.plan AS t WHERE t.id = NEW.plan_id AND pg_catalog.record_image_ne(ROW(t.discount), ROW(want.discount)) FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                PERFORM 1 FROM shop.plan AS t WHERE t.id = NEW.plan_id FOR SHARE;
            END IF;
        ELSE
            -- Locked against a value that is being changed. It is taken when the row is there, because an upsert may make
            -- an UPDATE of this, in which NULL means NULL. Only a column that cannot be NULL needs it now.
            SELECT * INTO home FROM shop.plan AS t WHERE t.id = NEW.plan_id LIMIT 1 FOR SHARE;
            IF FOUND AND NEW.discount IS NULL AND EXISTS (SELECT 1 FROM pg_attribute AS a
                WHERE a.attrelid = TG_RELID AND a.attname IN ('discount') AND a.attnotnull) THEN
                NEW.discount := home.discount;
            END IF;
        END IF;
    ELSE
        IF pg_catalog.record_image_ne(ROW(NEW.discount), ROW(OLD.discount)) THEN
            want.discount := NEW.discount;
            -- The lock that the write will need, at once; where nothing will be written, one that others can share.
            PERFORM 1 FROM shop.plan AS t WHERE t.id = NEW.plan_id AND pg_catalog.record_image_ne(ROW(t.discount), ROW(want.discount)) FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                PERFORM 1 FROM shop.plan AS t WHERE t.id = NEW.plan_id FOR SHARE;
            END IF;
        ELSE
            SELECT * INTO home FROM shop.plan AS t WHERE t.id = NEW.plan_id LIMIT 1 FOR SHARE;
            IF FOUND THEN
                NEW.discount := home.discount;
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_before() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_before() IS 'Dual write of the rollout move-discount-to-plan. A write to the old home waits for the row of the new one. A row that gets another partner takes its value.';

CREATE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_after() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Carries what was written to the old home to the new one. A new row that brings nothing takes what is
-- there.
DECLARE
    home shop.plan%ROWTYPE;
    want shop.plan%ROWTYPE;
    unsaid shop.visit%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        unsaid.discount := (0);
        IF pg_catalog.record_image_eq(ROW(NEW.discount), ROW(unsaid.discount)) THEN
            SELECT * INTO home FROM shop.plan AS t WHERE t.id = NEW.plan_id LIMIT 1;
            IF FOUND THEN
                unsaid.discount := home.discount;
                UPDATE shop.visit AS o SET discount = unsaid.discount WHERE o.plan_id = NEW.plan_id AND pg_catalog.record_image_ne(ROW(o.discount), ROW(unsaid.discount));
            END IF;
            RETURN NULL;
        END IF;
    END IF;
    want.discount := NEW.discount;
    UPDATE shop.plan AS t SET discount = want.discount WHERE t.id = NEW.plan_id AND pg_catalog.record_image_ne(ROW(t.discount), ROW(want.discount));
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_after() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_after() IS 'Dual write of the rollout move-discount-to-plan. Carries what was written to the old home to the new one. A new row that brings nothing takes what is there.';

CREATE TRIGGER zz_cutover_move_discount_to_plan_visit_discount_insert BEFORE INSERT ON shop.visit
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_before();

CREATE TRIGGER "CUTOVER_move_discount_to_plan_visit_discount_insert" AFTER INSERT ON shop.visit
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_after();

CREATE TRIGGER zz_cutover_move_discount_to_plan_visit_discount_update BEFORE UPDATE ON shop.visit
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.plan_id, OLD.discount), ROW(NEW.plan_id, NEW.discount)))
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_before();

CREATE TRIGGER "CUTOVER_move_discount_to_plan_visit_discount_update" AFTER UPDATE ON shop.visit
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.plan_id, OLD.discount), ROW(NEW.plan_id, NEW.discount)))
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_old_after();

CREATE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_before() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- A new row of the new home waits for that of the old one.
DECLARE
    home shop.visit%ROWTYPE;
    want shop.visit%ROWTYPE;
    unsaid shop.plan%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        unsaid.discount := (0);
        IF pg_catalog.record_image_ne(ROW(NEW.discount), ROW(unsaid.discount)) THEN
            want.discount := NEW.discount;
            -- The lock that the write will need, at once; where nothing will be written, one that others can share.
            PERFORM 1 FROM shop.visit AS t WHERE t.plan_id = NEW.id AND pg_catalog.record_image_ne(ROW(t.discount), ROW(want.discount)) FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                PERFORM 1 FROM shop.visit AS t WHERE t.plan_id = NEW.id FOR SHARE;
            END IF;
        ELSE
            -- Locked against a value that is being changed. It is taken when the row is there, because an upsert may make
            -- an UPDATE of this, in which NULL means NULL. Only a column that cannot be NULL needs it now.
            SELECT * INTO home FROM shop.visit AS t WHERE t.plan_id = NEW.id LIMIT 1 FOR SHARE;
            IF FOUND AND NEW.discount IS NULL AND EXISTS (SELECT 1 FROM pg_attribute AS a
                WHERE a.attrelid = TG_RELID AND a.attname IN ('discount') AND a.attnotnull) THEN
                NEW.discount := home.discount;
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_before() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_before() IS 'Dual write of the rollout move-discount-to-plan. A new row of the new home waits for that of the old one.';

CREATE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_after() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Carries what was written to the new home to the old one. A new row that brings nothing takes what is
-- there.
DECLARE
    home shop.visit%ROWTYPE;
    want shop.visit%ROWTYPE;
    unsaid shop.plan%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        unsaid.discount := (0);
        IF pg_catalog.record_image_eq(ROW(NEW.discount), ROW(unsaid.discount)) THEN
            SELECT * INTO home FROM shop.visit AS t WHERE t.plan_id = NEW.id LIMIT 1;
            IF FOUND THEN
                unsaid.discount := home.discount;
                UPDATE shop.plan AS o SET discount = unsaid.discount WHERE o.id = NEW.id AND pg_catalog.record_image_ne(ROW(o.discount), ROW(unsaid.discount));
            END IF;
            RETURN NULL;
        END IF;
    END IF;
    want.discount := NEW.discount;
    UPDATE shop.visit AS t SET discount = want.discount WHERE t.plan_id = NEW.id AND pg_catalog.record_image_ne(ROW(t.discount), ROW(want.discount));
    RETURN NULL;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_after() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_after() IS 'Dual write of the rollout move-discount-to-plan. Carries what was written to the new home to the old one. A new row that brings nothing takes what is there.';

CREATE TRIGGER zz_cutover_move_discount_to_plan_visit_discount_insert BEFORE INSERT ON shop.plan
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_before();

CREATE TRIGGER "CUTOVER_move_discount_to_plan_visit_discount_insert" AFTER INSERT ON shop.plan
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_after();

CREATE TRIGGER "CUTOVER_move_discount_to_plan_visit_discount_update" AFTER UPDATE ON shop.plan
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.id, OLD.discount), ROW(NEW.id, NEW.discount)))
EXECUTE FUNCTION shop.cutover_move_discount_to_plan_visit_discount_new_after();

--@ downgrade
DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_update" ON shop.plan;

DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_insert" ON shop.plan;

DROP TRIGGER IF EXISTS zz_cutover_move_discount_to_plan_visit_discount_insert ON shop.plan;

DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_update" ON shop.visit;

DROP TRIGGER IF EXISTS zz_cutover_move_discount_to_plan_visit_discount_update ON shop.visit;

DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_insert" ON shop.visit;

DROP TRIGGER IF EXISTS zz_cutover_move_discount_to_plan_visit_discount_insert ON shop.visit;

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_old_before();

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_old_after();

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_new_before();

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_new_after();


--@ revision 0003
--@ revises 0002
--@ rollout move-discount-to-plan / backfill
--@ allow empty-downgrade "the column goes with the revision that added it; to empty it here would empty the old one through the triggers"

-- Fill shop.plan.discount from shop.visit.discount
--
-- Why: the values that were there before the dual write began.
--
-- Safe: it runs in batches, each a short transaction that locks its own rows first, so that a value that changes
-- at this moment is not written over.

--@ upgrade
--@ guard "rows of shop.visit that belong to one row of shop.plan hold one value" expect no rows
SELECT plan_id, count(*)
FROM shop.visit
WHERE (plan_id) IS NOT NULL
GROUP BY plan_id
HAVING count(DISTINCT discount::text) > 1 OR count(discount) NOT IN (0, count(*))
LIMIT 10;

--@ guard "every value of shop.visit.discount has a row of shop.plan to go to" expect no rows
SELECT f.plan_id, f.discount
FROM shop.visit AS f
WHERE f.discount IS DISTINCT FROM 0 AND NOT EXISTS (SELECT FROM shop.plan AS t WHERE t.id = f.plan_id)
LIMIT 10;

--@ backfill shop.plan by id
UPDATE shop.plan AS t
SET discount = f.discount
FROM shop.visit AS f
WHERE t.id = f.plan_id AND t.discount IS DISTINCT FROM f.discount;

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout move-discount-to-plan / validate

-- Compare shop.plan.discount with shop.visit.discount
--
-- Why: nobody reads shop.plan.discount before it is known to say what shop.visit.discount says, of every row, in
-- one snapshot.
--
-- Safe: it reads, and takes no lock that anybody waits for.

--@ upgrade
--@ guard "shop.plan.discount says what shop.visit.discount says" expect no rows
SELECT f.plan_id, f.discount, t.discount
FROM shop.visit AS f LEFT JOIN shop.plan AS t ON t.id = f.plan_id
WHERE CASE WHEN t.id IS NOT NULL THEN t.discount IS DISTINCT FROM f.discount ELSE f.discount IS DISTINCT FROM 0 END
LIMIT 10;

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout move-discount-to-plan / cut over
--@ owner reports

-- Readers of reports read shop.plan.discount and no longer shop.visit.discount
--
-- Why: the new place is whole and stays so, whoever writes.
--
-- Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes.

--@ upgrade
--@ deploy "readers of reports read shop.plan.discount and no longer shop.visit.discount"

--@ downgrade
--@ deploy "readers of reports read shop.visit.discount again, which holds all that was written since"


--@ revision 0006
--@ revises 0005
--@ rollout move-discount-to-plan / cut over
--@ owner backend

-- Writers of backend write shop.plan.discount and no longer shop.visit.discount
--
-- Why: shop.visit.discount is to go, and nothing must name it by then.
--
-- Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes: the triggers write
-- the old place for the new ones.

--@ upgrade
--@ deploy "writers of backend write shop.plan.discount and no longer shop.visit.discount"

--@ downgrade
--@ deploy "writers of backend write shop.visit.discount again"


--@ revision 0007
--@ revises 0006
--@ rollout move-discount-to-plan / contract
--@ requires unused column shop.visit.discount for 7 days
--@ irreversible "shop.visit.discount is gone; its values are in shop.plan.discount"
--@ allow drop-column "its values are in the new place, compared before the readers moved"
--@ allow drop-trigger "there is nothing left to keep equal"
--@ allow drop-function "its triggers go"
--@ allow strong-locks-in-one-transaction "changes of the catalog only, under the lock timeout"

-- Drop shop.visit.discount
--
-- Why: everything reads and writes shop.plan.discount.
--
-- Safe: the gate shows that nothing names the old column; to drop it is a change of the catalog.

--@ upgrade
DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_update" ON shop.plan;

DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_insert" ON shop.plan;

DROP TRIGGER IF EXISTS zz_cutover_move_discount_to_plan_visit_discount_insert ON shop.plan;

DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_update" ON shop.visit;

DROP TRIGGER IF EXISTS zz_cutover_move_discount_to_plan_visit_discount_update ON shop.visit;

DROP TRIGGER IF EXISTS "CUTOVER_move_discount_to_plan_visit_discount_insert" ON shop.visit;

DROP TRIGGER IF EXISTS zz_cutover_move_discount_to_plan_visit_discount_insert ON shop.visit;

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_old_before();

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_old_after();

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_new_before();

DROP FUNCTION IF EXISTS shop.cutover_move_discount_to_plan_visit_discount_new_after();

--@ sql
ALTER TABLE shop.visit DROP COLUMN discount;

--@ downgrade
