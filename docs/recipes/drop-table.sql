-- What drop-table writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout drop-old-orders / cut over
--@ owner backend

-- Code of backend uses shop.old_orders no longer
--
-- Why: shop.old_orders is to go, and nothing must name it by then.
--
-- Safe: nothing runs here.

--@ upgrade
--@ deploy "code of backend uses shop.old_orders no longer"

--@ downgrade
--@ deploy "code of backend uses shop.old_orders again"


--@ revision 0002
--@ revises 0001
--@ rollout drop-old-orders / contract
--@ requires unused table shop.old_orders for 7 days
--@ allow rename-table "a tripwire, behind a gate that says that nothing uses the table"

-- Rename shop.old_orders out of the way
--
-- Why: a tripwire. Whoever still names shop.old_orders fails at once, and going back is as quick.
--
-- Safe: a change of the catalog. The rows stay under the other name.

--@ upgrade
ALTER TABLE shop.old_orders RENAME TO old_orders_retired;

--@ downgrade
ALTER TABLE shop.old_orders_retired RENAME TO old_orders;


--@ revision 0003
--@ revises 0002
--@ rollout drop-old-orders / contract

-- Nothing has failed for want of shop.old_orders
--
-- Why: the tripwire stands. What still needs shop.old_orders fails now with "relation does not exist", and going
-- back one revision heals it in a moment; after the next revision nothing does.
--
-- Safe: nothing runs here. Look through the logs of the server and of everything that connects to it, for as
-- long as the rarest job needs to come round, then acknowledge.

--@ upgrade
--@ deploy "nothing has failed for want of shop.old_orders"

--@ downgrade
--@ deploy "going back behind the tripwire of shop.old_orders"


--@ revision 0004
--@ revises 0003
--@ rollout drop-old-orders / contract
--@ irreversible "the rows of shop.old_orders are gone"
--@ allow drop-table "nothing has used it, as the gate shows"

-- Drop shop.old_orders
--
-- Why: nothing uses shop.old_orders. Take a copy of its rows first if anybody may ever want them: cutover
-- upgrade --backup, or pg_dump.
--
-- Safe: no code that runs names it.

--@ upgrade
DROP TABLE shop.old_orders_retired;

--@ downgrade
