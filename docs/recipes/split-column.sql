-- What split-column writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout split-customer-name / expand

-- first_name, last_name of shop.customer beside name
--
-- Safe: a column that may be NULL and has no default touches no row; ACCESS EXCLUSIVE lasts for a change of the
-- catalog.

--@ upgrade
ALTER TABLE shop.customer ADD COLUMN first_name text;

ALTER TABLE shop.customer ADD COLUMN last_name text;

--@ downgrade
ALTER TABLE shop.customer DROP COLUMN first_name;

ALTER TABLE shop.customer DROP COLUMN last_name;


--@ revision 0002
--@ revises 0001
--@ rollout split-customer-name / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- Write both name and first_name, last_name of shop.customer
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
    PERFORM (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) FROM (SELECT name FROM shop.customer LIMIT 0) AS customer;
    PERFORM (concat_ws(' ', first_name, last_name)) FROM (SELECT first_name, last_name FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_split_customer_name_customer_first_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps name (old) and first_name, last_name (new) of shop.customer in agreement, whichever of them is
-- written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.first_name := (NULL);
        want.last_name := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.first_name, NEW.last_name), ROW(want.first_name, want.last_name)) THEN
            SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO NEW.first_name, NEW.last_name FROM (SELECT NEW.name AS name) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.first_name, NEW.last_name), ROW(OLD.first_name, OLD.last_name)) THEN
            SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO NEW.first_name, NEW.last_name FROM (SELECT NEW.name AS name) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO want.first_name, want.last_name FROM (SELECT NEW.name AS name) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.first_name, NEW.last_name), ROW(want.first_name, want.last_name)) THEN
        SELECT (concat_ws(' ', first_name, last_name)) INTO NEW.name FROM (SELECT NEW.first_name AS first_name, NEW.last_name AS last_name) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_split_customer_name_customer_first_name() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_split_customer_name_customer_first_name() IS 'Dual write of the rollout split-customer-name. Keeps name (old) and first_name, last_name (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_split_customer_name_customer_first_name_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_split_customer_name_customer_first_name();

CREATE TRIGGER zz_cutover_split_customer_name_customer_first_name_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.name, OLD.first_name, OLD.last_name), ROW(NEW.name, NEW.first_name, NEW.last_name)))
EXECUTE FUNCTION shop.cutover_split_customer_name_customer_first_name();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_split_customer_name_customer_first_name_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_split_customer_name_customer_first_name_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_split_customer_name_customer_first_name();


--@ revision 0003
--@ revises 0002
--@ rollout split-customer-name / backfill
--@ allow empty-downgrade "the columns go with the first revision; a value in them hurts nobody"

-- Fill in first_name, last_name of shop.customer
--
-- Safe: in batches by the key of the table. It touches only rows that have no value yet.

--@ upgrade
--@ backfill shop.customer by id
UPDATE shop.customer SET first_name = split_part(name, ' ', 1), last_name = substr(name, strpos(name, ' ') + 1)
WHERE (first_name IS NULL AND (split_part(name, ' ', 1)) IS NOT NULL) OR (last_name IS NULL AND (substr(name, strpos(name, ' ') + 1)) IS NOT NULL);

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout split-customer-name / validate

-- Compare name and first_name, last_name of shop.customer
--
-- Why: programs that read the new columns must see what is in the old ones.
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "old and new columns of shop.customer agree" expect no rows
SELECT * FROM shop.customer
WHERE first_name IS DISTINCT FROM (split_part(name, ' ', 1)) OR last_name IS DISTINCT FROM (substr(name, strpos(name, ' ') + 1))
LIMIT 1;

--@ sql
-- the planner knows nothing of a new column
ANALYZE shop.customer (first_name, last_name);

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout split-customer-name / cut over

-- Everybody uses first_name, last_name of shop.customer
--
-- Why: the last step drops what is old.
--
-- Safe: both sides agree at any time, in whatever order the programs are deployed, and back.

--@ upgrade
--@ deploy "every program uses first_name, last_name of shop.customer and no longer name"

--@ downgrade
--@ deploy "every program uses name of shop.customer again"


--@ revision 0006
--@ revises 0005
--@ rollout split-customer-name / contract
--@ allow downgrade-loses-data "the backfill brings the values back from the new columns"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- name of shop.customer goes
--
-- Why: nobody uses it any more.
--
-- Safe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for changes of the catalog. The way down makes it
-- again of what is new.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_split_customer_name_customer_first_name_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_split_customer_name_customer_first_name_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_split_customer_name_customer_first_name();

ALTER TABLE shop.customer DROP COLUMN name;

--@ downgrade
ALTER TABLE shop.customer ADD COLUMN name text;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (concat_ws(' ', first_name, last_name)) FROM (SELECT first_name, last_name FROM shop.customer LIMIT 0) AS customer;
    PERFORM (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) FROM (SELECT name FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_split_customer_name_customer_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps first_name, last_name (old) and name (new) of shop.customer in agreement, whichever of them is
-- written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.name := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.name), ROW(want.name)) THEN
            SELECT (concat_ws(' ', first_name, last_name)) INTO NEW.name FROM (SELECT NEW.first_name AS first_name, NEW.last_name AS last_name) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.name), ROW(OLD.name)) THEN
            SELECT (concat_ws(' ', first_name, last_name)) INTO NEW.name FROM (SELECT NEW.first_name AS first_name, NEW.last_name AS last_name) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (concat_ws(' ', first_name, last_name)) INTO want.name FROM (SELECT NEW.first_name AS first_name, NEW.last_name AS last_name) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.name), ROW(want.name)) THEN
        SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO NEW.first_name, NEW.last_name FROM (SELECT NEW.name AS name) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_split_customer_name_customer_name() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_split_customer_name_customer_name() IS 'Dual write of the rollout split-customer-name. Keeps first_name, last_name (old) and name (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_split_customer_name_customer_name_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_split_customer_name_customer_name();

CREATE TRIGGER zz_cutover_split_customer_name_customer_name_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.first_name, OLD.last_name, OLD.name), ROW(NEW.first_name, NEW.last_name, NEW.name)))
EXECUTE FUNCTION shop.cutover_split_customer_name_customer_name();

--@ backfill shop.customer by id
UPDATE shop.customer SET name = concat_ws(' ', first_name, last_name)
WHERE (name IS NULL AND (concat_ws(' ', first_name, last_name)) IS NOT NULL);

--@ sql
ALTER TABLE shop.customer ADD CONSTRAINT customer_name_not_null NOT NULL name NOT VALID;

--@ sql
ALTER TABLE shop.customer VALIDATE CONSTRAINT customer_name_not_null;

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_split_customer_name_customer_name_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_split_customer_name_customer_name_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_split_customer_name_customer_name();

ALTER TABLE shop.customer ALTER COLUMN name SET DEFAULT ''::text;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) FROM (SELECT name FROM shop.customer LIMIT 0) AS customer;
    PERFORM (concat_ws(' ', first_name, last_name)) FROM (SELECT first_name, last_name FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_split_customer_name_customer_first_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps name (old) and first_name, last_name (new) of shop.customer in agreement, whichever of them is
-- written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.first_name := (NULL);
        want.last_name := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.first_name, NEW.last_name), ROW(want.first_name, want.last_name)) THEN
            SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO NEW.first_name, NEW.last_name FROM (SELECT NEW.name AS name) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.first_name, NEW.last_name), ROW(OLD.first_name, OLD.last_name)) THEN
            SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO NEW.first_name, NEW.last_name FROM (SELECT NEW.name AS name) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (split_part(name, ' ', 1)), (substr(name, strpos(name, ' ') + 1)) INTO want.first_name, want.last_name FROM (SELECT NEW.name AS name) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.first_name, NEW.last_name), ROW(want.first_name, want.last_name)) THEN
        SELECT (concat_ws(' ', first_name, last_name)) INTO NEW.name FROM (SELECT NEW.first_name AS first_name, NEW.last_name AS last_name) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_split_customer_name_customer_first_name() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_split_customer_name_customer_first_name() IS 'Dual write of the rollout split-customer-name. Keeps name (old) and first_name, last_name (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_split_customer_name_customer_first_name_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_split_customer_name_customer_first_name();

CREATE TRIGGER zz_cutover_split_customer_name_customer_first_name_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.name, OLD.first_name, OLD.last_name), ROW(NEW.name, NEW.first_name, NEW.last_name)))
EXECUTE FUNCTION shop.cutover_split_customer_name_customer_first_name();
