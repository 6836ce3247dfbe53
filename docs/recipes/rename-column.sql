-- What rename-column writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout rename-customer-mail / expand

-- shop.customer.mail_address stands beside shop.customer.mail
--
-- Why: it is empty and nobody knows it yet.
--
-- Safe: without a default in ADD COLUMN no row is touched; ACCESS EXCLUSIVE lasts for changes of the catalog.

--@ upgrade
ALTER TABLE shop.customer ADD COLUMN mail_address text;

--@ downgrade
ALTER TABLE shop.customer DROP COLUMN mail_address;


--@ revision 0002
--@ revises 0001
--@ rollout rename-customer-mail / dual write
--@ allow if-not-exists "it has to work from a half done run, too"

-- Write both shop.customer.mail and shop.customer.mail_address
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
    PERFORM (mail) FROM (SELECT mail FROM shop.customer LIMIT 0) AS customer;
    PERFORM (mail_address) FROM (SELECT mail_address FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_rename_customer_mail_customer_mail_address() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps mail (old) and mail_address (new) of shop.customer in agreement, whichever of them is written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.mail_address := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.mail_address), ROW(want.mail_address)) THEN
            SELECT (mail) INTO NEW.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.mail_address), ROW(OLD.mail_address)) THEN
            SELECT (mail) INTO NEW.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (mail) INTO want.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.mail_address), ROW(want.mail_address)) THEN
        SELECT (mail_address) INTO NEW.mail FROM (SELECT NEW.mail_address AS mail_address) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_rename_customer_mail_customer_mail_address() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_rename_customer_mail_customer_mail_address() IS 'Dual write of the rollout rename-customer-mail. Keeps mail (old) and mail_address (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_rename_customer_mail_customer_mail_address_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_rename_customer_mail_customer_mail_address();

CREATE TRIGGER zz_cutover_rename_customer_mail_customer_mail_address_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.mail, OLD.mail_address), ROW(NEW.mail, NEW.mail_address)))
EXECUTE FUNCTION shop.cutover_rename_customer_mail_customer_mail_address();

--@ downgrade
DROP TRIGGER IF EXISTS zz_cutover_rename_customer_mail_customer_mail_address_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_rename_customer_mail_customer_mail_address_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_rename_customer_mail_customer_mail_address();


--@ revision 0003
--@ revises 0002
--@ rollout rename-customer-mail / backfill
--@ allow empty-downgrade "the column goes with the first revision; a value in it hurts nobody"

-- Fill in shop.customer.mail_address
--
-- Safe: in batches by the key of the table. It can run again at any time: it touches only rows that have no
-- value yet.

--@ upgrade
--@ backfill shop.customer by id
UPDATE shop.customer SET mail_address = mail
WHERE (mail_address IS NULL AND (mail) IS NOT NULL);

--@ downgrade


--@ revision 0004
--@ revises 0003
--@ rollout rename-customer-mail / validate

-- Compare shop.customer.mail and shop.customer.mail_address
--
-- Why: programs that read the new column must see what is in the old one.
--
-- Safe: it reads the table as a query does.

--@ upgrade
--@ guard "old and new columns of shop.customer agree" expect no rows
SELECT * FROM shop.customer
WHERE mail_address IS DISTINCT FROM (mail)
LIMIT 1;

--@ sql
-- the planner knows nothing of a new column
ANALYZE shop.customer (mail_address);

--@ downgrade


--@ revision 0005
--@ revises 0004
--@ rollout rename-customer-mail / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- Indexes on shop.customer.mail_address
--
-- Why now: after the backfill an index is built faster and is smaller.
--
-- Safe: they are built while reads and writes go on. Their names are for the time of the rollout.

--@ upgrade
CREATE INDEX CONCURRENTLY customer_mail_idx_new ON shop.customer USING btree (mail_address);

--@ downgrade
DROP INDEX CONCURRENTLY IF EXISTS shop.customer_mail_idx_new;


--@ revision 0006
--@ revises 0005
--@ rollout rename-customer-mail / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- The constraints of shop.customer.mail hold for shop.customer.mail_address
--
-- Safe: each is NOT VALID first, which reads no row, and is then validated under SHARE UPDATE EXCLUSIVE, beside
-- reads and writes.

--@ upgrade
ALTER TABLE shop.customer ADD CONSTRAINT customer_mail_address_not_null NOT NULL mail_address NOT VALID;

--@ sql
ALTER TABLE shop.customer VALIDATE CONSTRAINT customer_mail_address_not_null;

--@ downgrade
ALTER TABLE shop.customer DROP CONSTRAINT IF EXISTS customer_mail_address_not_null, ALTER COLUMN mail_address DROP NOT NULL;


--@ revision 0007
--@ revises 0006
--@ rollout rename-customer-mail / cut over
--@ owner frontend

-- Everybody uses shop.customer.mail_address: frontend
--
-- Why: the last step drops the old column.
--
-- Safe: both columns have the same value at any time, in whatever order the programs are deployed, and back.

--@ upgrade
--@ deploy "frontend uses shop.customer.mail_address and no longer shop.customer.mail"

--@ downgrade
--@ deploy "frontend uses shop.customer.mail again"


--@ revision 0008
--@ revises 0007
--@ rollout rename-customer-mail / cut over
--@ owner backend

-- Everybody uses shop.customer.mail_address: backend
--
-- Why: the last step drops the old column.
--
-- Safe: both columns have the same value at any time, in whatever order the programs are deployed, and back.

--@ upgrade
--@ deploy "backend uses shop.customer.mail_address and no longer shop.customer.mail"

--@ downgrade
--@ deploy "backend uses shop.customer.mail again"


--@ revision 0009
--@ revises 0008
--@ rollout rename-customer-mail / contract
--@ allow downgrade-loses-data "the backfill brings the values back from the new column"
--@ allow if-not-exists "it has to work from a half done run, too"
--@ allow drop-trigger "nobody needs it any more: that is what was waited for"
--@ allow drop-function "only its trigger calls it"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- shop.customer.mail goes
--
-- Why: nobody uses it any more.
--
-- Safe: all of it is changes of the catalog, in one transaction: ACCESS EXCLUSIVE for a moment. The way down
-- adds the old column again and fills it in from the new one.

--@ upgrade
DROP TRIGGER IF EXISTS zz_cutover_rename_customer_mail_customer_mail_address_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_rename_customer_mail_customer_mail_address_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_rename_customer_mail_customer_mail_address();

ALTER TABLE shop.customer DROP COLUMN mail;

ALTER INDEX shop.customer_mail_idx_new RENAME TO customer_mail_idx;

ALTER TABLE shop.customer RENAME CONSTRAINT customer_mail_address_not_null TO customer_mail_not_null;

--@ downgrade
ALTER INDEX shop.customer_mail_idx RENAME TO customer_mail_idx_new;

ALTER TABLE shop.customer RENAME CONSTRAINT customer_mail_not_null TO customer_mail_address_not_null;

ALTER TABLE shop.customer ADD COLUMN mail text;

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (mail_address) FROM (SELECT mail_address FROM shop.customer LIMIT 0) AS customer;
    PERFORM (mail) FROM (SELECT mail FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_rename_customer_mail_customer_mail() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps mail_address (old) and mail (new) of shop.customer in agreement, whichever of them is written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.mail := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.mail), ROW(want.mail)) THEN
            SELECT (mail_address) INTO NEW.mail FROM (SELECT NEW.mail_address AS mail_address) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.mail), ROW(OLD.mail)) THEN
            SELECT (mail_address) INTO NEW.mail FROM (SELECT NEW.mail_address AS mail_address) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (mail_address) INTO want.mail FROM (SELECT NEW.mail_address AS mail_address) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.mail), ROW(want.mail)) THEN
        SELECT (mail) INTO NEW.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_rename_customer_mail_customer_mail() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_rename_customer_mail_customer_mail() IS 'Dual write of the rollout rename-customer-mail. Keeps mail_address (old) and mail (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_rename_customer_mail_customer_mail_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_rename_customer_mail_customer_mail();

CREATE TRIGGER zz_cutover_rename_customer_mail_customer_mail_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.mail_address, OLD.mail), ROW(NEW.mail_address, NEW.mail)))
EXECUTE FUNCTION shop.cutover_rename_customer_mail_customer_mail();

--@ backfill shop.customer by id
UPDATE shop.customer SET mail = mail_address
WHERE (mail IS NULL AND (mail_address) IS NOT NULL);

--@ sql
CREATE INDEX CONCURRENTLY customer_mail_idx ON shop.customer USING btree (mail);

--@ sql
ALTER TABLE shop.customer ADD CONSTRAINT customer_mail_not_null NOT NULL mail NOT VALID;

--@ sql
ALTER TABLE shop.customer VALIDATE CONSTRAINT customer_mail_not_null;

--@ sql
DROP TRIGGER IF EXISTS zz_cutover_rename_customer_mail_customer_mail_update ON shop.customer;

DROP TRIGGER IF EXISTS zz_cutover_rename_customer_mail_customer_mail_insert ON shop.customer;

DROP FUNCTION IF EXISTS shop.cutover_rename_customer_mail_customer_mail();

DO $dual$
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM (mail) FROM (SELECT mail FROM shop.customer LIMIT 0) AS customer;
    PERFORM (mail_address) FROM (SELECT mail_address FROM shop.customer LIMIT 0) AS customer;
    PERFORM set_config('search_path', path, true);
END
$dual$;

CREATE FUNCTION shop.cutover_rename_customer_mail_customer_mail_address() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $dual$
#variable_conflict use_column
-- Keeps mail (old) and mail_address (new) of shop.customer in agreement, whichever of them is written.
DECLARE
    want shop.customer%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
        want.mail_address := (NULL);
        IF pg_catalog.record_image_eq(ROW(NEW.mail_address), ROW(want.mail_address)) THEN
            SELECT (mail) INTO NEW.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF pg_catalog.record_image_eq(ROW(NEW.mail_address), ROW(OLD.mail_address)) THEN
            SELECT (mail) INTO NEW.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
    SELECT (mail) INTO want.mail_address FROM (SELECT NEW.mail AS mail) AS customer;
    IF pg_catalog.record_image_ne(ROW(NEW.mail_address), ROW(want.mail_address)) THEN
        SELECT (mail_address) INTO NEW.mail FROM (SELECT NEW.mail_address AS mail_address) AS customer;
    END IF;
    RETURN NEW;
END
$dual$;

REVOKE ALL ON FUNCTION shop.cutover_rename_customer_mail_customer_mail_address() FROM PUBLIC;

COMMENT ON FUNCTION shop.cutover_rename_customer_mail_customer_mail_address() IS 'Dual write of the rollout rename-customer-mail. Keeps mail (old) and mail_address (new) of shop.customer in agreement, whichever of them is written.';

CREATE TRIGGER zz_cutover_rename_customer_mail_customer_mail_address_insert BEFORE INSERT ON shop.customer
FOR EACH ROW
EXECUTE FUNCTION shop.cutover_rename_customer_mail_customer_mail_address();

CREATE TRIGGER zz_cutover_rename_customer_mail_customer_mail_address_update BEFORE UPDATE ON shop.customer
FOR EACH ROW
WHEN (pg_catalog.record_image_ne(ROW(OLD.mail, OLD.mail_address), ROW(NEW.mail, NEW.mail_address)))
EXECUTE FUNCTION shop.cutover_rename_customer_mail_customer_mail_address();
