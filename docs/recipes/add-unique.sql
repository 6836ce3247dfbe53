-- What add-unique writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout unique-customer_tenant_id_email_key / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- tenant_id, email of shop.customer is unique
--
-- Why the guard: an index that finds a value twice fails at its end, after all the work.
--
-- Safe: the index is built while reads and writes go on. The constraint takes it over by a change of the
-- catalog, under ACCESS EXCLUSIVE for a moment.

--@ upgrade
--@ guard "no value of tenant_id, email is there twice" expect no rows
SELECT tenant_id, email, count(*) FROM shop.customer WHERE tenant_id IS NOT NULL AND email IS NOT NULL
GROUP BY tenant_id, email HAVING count(*) > 1
LIMIT 1;

--@ sql
CREATE UNIQUE INDEX CONCURRENTLY customer_tenant_id_email_key ON shop.customer (tenant_id, email);

--@ sql
ALTER TABLE shop.customer ADD CONSTRAINT customer_tenant_id_email_key UNIQUE USING INDEX customer_tenant_id_email_key;

--@ downgrade
ALTER TABLE shop.customer DROP CONSTRAINT IF EXISTS customer_tenant_id_email_key;

--@ sql
DROP INDEX CONCURRENTLY IF EXISTS shop.customer_tenant_id_email_key;
