-- What replace-materialized-view writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout replace-totals / expand
--@ allow drop-materialized-view "nobody reads it yet"

-- Make the next version of shop.totals
--
-- Why: a materialized view cannot be given another query.
--
-- Safe: nobody knows shop.totals_next, and it is empty yet. It has the rights, the comments and the indexes of
-- shop.totals. The guard says which columns differ before anybody reads them.

--@ upgrade
CREATE MATERIALIZED VIEW shop.totals_next AS
SELECT plan_id, count(*) AS visits FROM shop.visit WHERE discount > 0 GROUP BY plan_id
WITH NO DATA;

ALTER MATERIALIZED VIEW shop.totals_next OWNER TO postgres;

CREATE UNIQUE INDEX totals_plan_next ON shop.totals_next USING btree (plan_id);

--@ guard "the next version has the columns of shop.totals" expect no rows
SELECT o.attname, format_type(o.atttypid, o.atttypmod) AS wanted, format_type(n.atttypid, n.atttypmod) AS found
FROM pg_attribute AS o LEFT JOIN pg_attribute AS n ON n.attrelid = 'shop.totals_next'::regclass AND n.attname = o.attname AND NOT n.attisdropped
WHERE o.attrelid = 'shop.totals'::regclass AND o.attnum > 0 AND NOT o.attisdropped
    AND (n.attnum, n.atttypid, n.atttypmod, n.attcollation) IS DISTINCT FROM (o.attnum, o.atttypid, o.atttypmod, o.attcollation);

--@ downgrade
DROP MATERIALIZED VIEW IF EXISTS shop.totals_next;


--@ revision 0002
--@ revises 0001
--@ rollout replace-totals / backfill
--@ allow refresh-without-concurrently "nobody reads it yet"
--@ allow empty-downgrade "it goes with the revision that made it"

-- Fill the next version of shop.totals
--
-- Why: to see how long it takes, and what is in it, while the old version is read: look at shop.totals_next
-- before going on.
--
-- Safe: it takes ACCESS SHARE on what the query reads, which nobody waits for, and its own lock on what nobody
-- knows. It is one statement: while it runs, vacuum cannot remove what it may still see.

--@ upgrade
REFRESH MATERIALIZED VIEW shop.totals_next;

--@ downgrade


--@ revision 0003
--@ revises 0002
--@ rollout replace-totals / cut over
--@ allow refresh-without-concurrently "nobody reads that version"
--@ allow rename-view "another version takes the name in the same transaction"
--@ allow rename-table "another version takes the name in the same transaction"
--@ allow strong-locks-in-one-transaction "there must be no moment without the view; changes of the catalog only, under the lock timeout"

-- Let the next version be shop.totals
--
-- Why: from here on whoever reads shop.totals reads the new query, and what refreshes shop.totals refreshes it.
--
-- Safe: the next version is filled once more, unseen; then the names are exchanged, a change of the catalog in
-- one transaction. The old version stays as shop.totals_previous, and going back fills it before it is read.

--@ upgrade
REFRESH MATERIALIZED VIEW shop.totals_next;

--@ sql
ALTER MATERIALIZED VIEW shop.totals RENAME TO totals_previous;

ALTER MATERIALIZED VIEW shop.totals_next RENAME TO totals;

ALTER INDEX shop.totals_plan RENAME TO totals_plan_previous;

ALTER INDEX shop.totals_plan_next RENAME TO totals_plan;

--@ downgrade
REFRESH MATERIALIZED VIEW shop.totals_previous;

--@ sql
ALTER MATERIALIZED VIEW shop.totals RENAME TO totals_next;

ALTER MATERIALIZED VIEW shop.totals_previous RENAME TO totals;

ALTER INDEX shop.totals_plan RENAME TO totals_plan_next;

ALTER INDEX shop.totals_plan_previous RENAME TO totals_plan;


--@ revision 0004
--@ revises 0003
--@ rollout replace-totals / contract
--@ requires unused table shop.totals_previous for 7 days
--@ allow drop-materialized-view "behind a gate that says that nothing reads it"

-- Drop the old version of shop.totals
--
-- Why: the new query has been read for a while.
--
-- Safe: the gate shows that nothing reads shop.totals_previous. Going back makes it again, and fills it before
-- it is read.

--@ upgrade
DROP MATERIALIZED VIEW shop.totals_previous;

--@ downgrade
CREATE MATERIALIZED VIEW shop.totals_previous AS
SELECT plan_id,
    count(*) AS visits
   FROM shop.visit
  GROUP BY plan_id
WITH NO DATA;

ALTER MATERIALIZED VIEW shop.totals_previous OWNER TO postgres;

CREATE UNIQUE INDEX totals_plan_previous ON shop.totals_previous USING btree (plan_id);
