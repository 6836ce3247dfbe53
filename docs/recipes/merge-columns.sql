-- What merge-columns writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout merge-customer-full_name / expand

-- full_name of shop.customer beside first, last
--
-- Safe: a column that may be NULL and has no default touches no row; ACCESS EXCLUSIVE lasts for a change of the
-- catalog.

--@ upgrade
ALTER TABLE shop.customer ADD COLUMN full_name text;

--@ downgrade
ALTER TABLE shop.customer DROP COLUMN full_name;


--@ revision 0002
--@ revises 0001
--@ rollout merge-customer-full_name / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- Write both first, last and full_name of shop.customer
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
    PERFORM (concat_ws(' ', first, last)) FROM (SELECT first, last FROM shop.customer LIMIT 0) AS customer;
    PERFORM (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) FROM (SELECT full_name FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_merge_customer_full_name_customer_full_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps first, last (old) and full_name (new) of shop.customer in agreement, whichever of them is
-- written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.full_name := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.full_name), ROW(want.full_name)) THEN
            SELECT (concat_ws(' ', first, last)) INTO NEW.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.full_name), ROW(OLD.full_name)) THEN
            SELECT (concat_ws(' ', first, last)) INTO NEW.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (concat_ws(' ', first, last)) INTO want.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.full_name), ROW(want.full_name)) THEN
        SELECT (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) INTO NEW.first, NEW.last FROM (SELECT NEW.full_name AS full_name) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_merge_customer_full_name_customer_full_name() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_merge_customer_full_name_customer_full_name() IS 'Dual write of the rollout merge-customer-full_name. Keeps first, last (old) and full_name (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_merge_customer_full_name_customer_full_name_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_merge_customer_full_name_customer_full_name();

CREATE TRIGGER zz_cutover_merge_customer_full_name_customer_full_name_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.first, OLD.last, OLD.full_name), ROW(NEW.first, NEW.last, NEW.full_name)))
EXECUTE FUNCTION shop.cutover_merge_customer_full_name_customer_full_name();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_merge_customer_full_name_customer_full_name_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_merge_customer_full_name_customer_full_name_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_merge_customer_full_name_customer_full_name();


--@ revision 0003
--@ revises 0002
--@ rollout merge-customer-full_name / backfill
--@ allow empty-downgrade "the columns go with the first revision; a value in them hurts nobody"

-- Fill in full_name of shop.customer
--
-- Safe: in batches by the key of the table. It touches only rows that have no value yet.

--@ upgrade
--@ backfill shop.customer by id
UPDATE shop.customer SET full_name = concat_ws(' ', first, last)
WHERE (full_name IS NULL AND (concat_ws(' ', first, last)) IS NOT NULL);

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout merge-customer-full_name / validate

-- Compare first, last and full_name of shop.customer
--
-- Why: programs that read the new columns must see what is in the old ones.
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "old and new columns of shop.customer agree" expect no rows
SELECT * FROM shop.customer
WHERE full_name IS DISTINCT FROM (concat_ws(' ', first, last))
LIMIT 1;

--@ sql
-- the planner knows nothing of a new column
ANALYZE shop.customer (full_name);

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout merge-customer-full_name / cut over

-- Everybody uses full_name of shop.customer
--
-- Why: the last step drops what is old.
--
-- Safe: both sides agree at any time, in whatever order the programs are deployed, and back.

--@ upgrade
--@ deploy "every program uses full_name of shop.customer and no longer first, last"

--@ downgrade
--@ deploy "every program uses first, last of shop.customer again"


--@ revision 0006
--@ revises 0005
--@ rollout merge-customer-full_name / contract
--@ allow downgrade-loses-data "the backfill brings the values back from the new columns"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- first, last of shop.customer goes
--
-- Why: nobody uses it any more.
--
-- Safe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for changes of the catalog. The way down makes it
-- again of what is new.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_merge_customer_full_name_customer_full_name_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_merge_customer_full_name_customer_full_name_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_merge_customer_full_name_customer_full_name();

ALTER TABLE shop.customer DROP COLUMN first;

ALTER TABLE shop.customer DROP COLUMN last;

--@ downgrade
ALTER TABLE shop.customer ADD COLUMN first text;

ALTER TABLE shop.customer ADD COLUMN last text;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) FROM (SELECT full_name FROM shop.customer LIMIT 0) AS customer;
    PERFORM (concat_ws(' ', first, last)) FROM (SELECT first, last FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_merge_customer_full_name_customer_first() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps full_name (old) and first, last (new) of shop.customer in agreement, whichever of them is
-- written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.first := (NULL);
        want.last := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.first, NEW.last), ROW(want.first, want.last)) THEN
            SELECT (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) INTO NEW.first, NEW.last FROM (SELECT NEW.full_name AS full_name) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.first, NEW.last), ROW(OLD.first, OLD.last)) THEN
            SELECT (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) INTO NEW.first, NEW.last FROM (SELECT NEW.full_name AS full_name) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) INTO want.first, want.last FROM (SELECT NEW.full_name AS full_name) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.first, NEW.last), ROW(want.first, want.last)) THEN
        SELECT (concat_ws(' ', first, last)) INTO NEW.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_merge_customer_full_name_customer_first() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_merge_customer_full_name_customer_first() IS 'Dual write of the rollout merge-customer-full_name. Keeps full_name (old) and first, last (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_merge_customer_full_name_customer_first_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_merge_customer_full_name_customer_first();

CREATE TRIGGER zz_cutover_merge_customer_full_name_customer_first_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.full_name, OLD.first, OLD.last), ROW(NEW.full_name, NEW.first, NEW.last)))
EXECUTE FUNCTION shop.cutover_merge_customer_full_name_customer_first();

--@ backfill shop.customer by id
UPDATE shop.customer SET first = split_part(full_name, ' ', 1), last = substr(full_name, strpos(full_name, ' ') + 1)
WHERE (first IS NULL AND (split_part(full_name, ' ', 1)) IS NOT NULL) OR (last IS NULL AND (substr(full_name, strpos(full_name, ' ') + 1)) IS NOT NULL);

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_merge_customer_full_name_customer_first_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_merge_customer_full_name_customer_first_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_merge_customer_full_name_customer_first();

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (concat_ws(' ', first, last)) FROM (SELECT first, last FROM shop.customer LIMIT 0) AS customer;
    PERFORM (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) FROM (SELECT full_name FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_merge_customer_full_name_customer_full_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps first, last (old) and full_name (new) of shop.customer in agreement, whichever of them is
-- written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.full_name := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.full_name), ROW(want.full_name)) THEN
            SELECT (concat_ws(' ', first, last)) INTO NEW.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.full_name), ROW(OLD.full_name)) THEN
            SELECT (concat_ws(' ', first, last)) INTO NEW.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (concat_ws(' ', first, last)) INTO want.full_name FROM (SELECT NEW.first AS first, NEW.last AS last) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.full_name), ROW(want.full_name)) THEN
        SELECT (split_part(full_name, ' ', 1)), (substr(full_name, strpos(full_name, ' ') + 1)) INTO NEW.first, NEW.last FROM (SELECT NEW.full_name AS full_name) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_merge_customer_full_name_customer_full_name() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_merge_customer_full_name_customer_full_name() IS 'Dual write of the rollout merge-customer-full_name. Keeps first, last (old) and full_name (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_merge_customer_full_name_customer_full_name_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_merge_customer_full_name_customer_full_name();

CREATE TRIGGER zz_cutover_merge_customer_full_name_customer_full_name_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.first, OLD.last, OLD.full_name), ROW(NEW.first, NEW.last, NEW.full_name)))
EXECUTE FUNCTION shop.cutover_merge_customer_full_name_customer_full_name();
