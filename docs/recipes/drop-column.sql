-- What drop-column writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout drop-customer-fax / expand
--@ allow drop-not-null "old programs can do with NULL, as --fill NULL has said"

-- shop.customer.fax can be left out
--
-- Why: new programs write rows without it, while old ones still read it and can do with NULL.
--
-- Safe: a change of the catalog. The way down needs a value in every row: the guard says so before anything
-- else.

--@ upgrade
ALTER TABLE shop.customer ALTER COLUMN fax DROP NOT NULL;

--@ downgrade
--@ guard "no row has NULL in shop.customer.fax: fill it in first" expect no rows
SELECT * FROM shop.customer WHERE fax IS NULL
LIMIT 1;

--@ sql
ALTER TABLE shop.customer ADD CONSTRAINT customer_fax_not_null NOT NULL fax NOT VALID;

--@ sql
ALTER TABLE shop.customer VALIDATE CONSTRAINT customer_fax_not_null;


--@ revision 0002
--@ revises 0001
--@ rollout drop-customer-fax / cut over
--@ owner frontend

-- Nobody uses shop.customer.fax: frontend
--
-- Why: the next steps drop it. A program that still names it would fail.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "frontend neither reads nor writes shop.customer.fax, and no SELECT * of it needs it"

--@ downgrade
--@ deploy "frontend may use shop.customer.fax again"


--@ revision 0003
--@ revises 0002
--@ rollout drop-customer-fax / cut over
--@ owner backend

-- Nobody uses shop.customer.fax: backend
--
-- Why: the next steps drop it. A program that still names it would fail.
--
-- Safe: nothing is changed here.

--@ upgrade
--@ deploy "backend neither reads nor writes shop.customer.fax, and no SELECT * of it needs it"

--@ downgrade
--@ deploy "backend may use shop.customer.fax again"


--@ revision 0004
--@ revises 0003
--@ rollout drop-customer-fax / contract
--@ requires unused column shop.customer.fax for 7 days
--@ irreversible "the values of shop.customer.fax are gone"
--@ allow drop-column "nobody uses it any more: that is what was waited for"

-- shop.customer.fax goes
--
-- Safe: PostgreSQL marks the column as dropped and touches no row; ACCESS EXCLUSIVE lasts for a change of the
-- catalog. Prepared statements that say SELECT * fail once with "cached plan must not change result type".

--@ upgrade
ALTER TABLE shop.customer DROP COLUMN fax;

--@ downgrade
