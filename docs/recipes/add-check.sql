-- What add-check writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout check-orders_total_positive / backfill
--@ allow empty-downgrade "what broke the rule is not brought back; old code works with what keeps to it"

-- Mend the rows of shop.orders that break the rule
--
-- Why: they would make the validation fail, and once the constraint is there they could not be updated.
--
-- Safe: in batches by the key of the table. There is no way back to the values that broke the rule; old code
-- works with those that keep to it.

--@ upgrade
--@ backfill shop.orders by id
UPDATE shop.orders SET total = 0 WHERE NOT (total >= 0);

--@ downgrade


--@ revision 0002
--@ revises 0001
--@ rollout check-orders_total_positive / validate
--@ allow if-not-exists "it has to work from a half done run, too"

-- New rows of shop.orders keep to orders_total_positive
--
-- Why: from here on no row can come that breaks the rule.
--
-- Safe: NOT VALID reads no row, so ACCESS EXCLUSIVE lasts for a change of the catalog. The guard reads the table
-- as a query does, before: a row that breaks the rule could not be updated any more.

--@ upgrade
--@ guard "no row breaks orders_total_positive" expect no rows
SELECT * FROM shop.orders WHERE NOT (total >= 0)
LIMIT 1;

--@ sql
ALTER TABLE shop.orders ADD CONSTRAINT orders_total_positive CHECK (total >= 0) NOT VALID;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_total_positive;


--@ revision 0003
--@ revises 0002
--@ rollout check-orders_total_positive / validate
--@ allow drop-check-constraint "it is there again, NOT VALID, in the same statement"
--@ allow if-not-exists "it has to work from a half done run, too"

-- All rows of shop.orders keep to orders_total_positive
--
-- Why: a constraint that is not valid says nothing about the rows that were there before it.
--
-- Safe: VALIDATE reads the table under SHARE UPDATE EXCLUSIVE; reads and writes go on.

--@ upgrade
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_total_positive;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_total_positive, ADD CONSTRAINT orders_total_positive CHECK (total >= 0) NOT VALID;
