-- What add-foreign-key writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout foreign-key-orders_customer_id_fkey / expand
--@ allow if-not-exists "it has to work from a half done run, too"

-- An index on customer_id of shop.orders
--
-- Why: for each row of shop.customer that is deleted or gets another key, PostgreSQL looks for rows that refer
-- to it.
--
-- Safe: it is built while reads and writes go on.

--@ upgrade
CREATE INDEX CONCURRENTLY orders_customer_id_idx ON shop.orders (customer_id);

--@ downgrade
DROP INDEX CONCURRENTLY IF EXISTS shop.orders_customer_id_idx;


--@ revision 0002
--@ revises 0001
--@ rollout foreign-key-orders_customer_id_fkey / expand
--@ allow drop-locks-referenced-table "a change of the catalog on both, for a moment"
--@ allow if-not-exists "it has to work from a half done run, too"

-- New rows of shop.orders refer to rows of shop.customer
--
-- Why: from here on no reference to nothing can come.
--
-- Safe: NOT VALID reads no row, so SHARE ROW EXCLUSIVE on both tables lasts for a change of the catalog.

--@ upgrade
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES shop.customer (id) ON DELETE CASCADE NOT VALID;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_customer_id_fkey;


--@ revision 0003
--@ revises 0002
--@ rollout foreign-key-orders_customer_id_fkey / validate
--@ allow drop-locks-referenced-table "a change of the catalog on both, for a moment"
--@ allow drop-foreign-key "it is there again, NOT VALID, in the same statement"
--@ allow if-not-exists "it has to work from a half done run, too"

-- All rows of shop.orders refer to rows of shop.customer
--
-- Why: PostgreSQL itself relies on a foreign key only when it is valid.
--
-- Safe: rows are read under SHARE UPDATE EXCLUSIVE; reads and writes go on.

--@ upgrade
--@ guard "no row of shop.orders refers to nothing" expect no rows
SELECT * FROM shop.orders AS it WHERE it.customer_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM shop.customer AS other WHERE other.id = it.customer_id)
LIMIT 1;

--@ sql
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_customer_id_fkey;

--@ downgrade
ALTER TABLE shop.orders DROP CONSTRAINT IF EXISTS orders_customer_id_fkey, ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES shop.customer (id) ON DELETE CASCADE NOT VALID;
