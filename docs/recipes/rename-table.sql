-- What rename-table writes on PostgreSQL 18: one file for each revision, here one after the other.

--@ revision 0001
--@ revises base
--@ rollout rename-events-to-happening / expand
--@ allow rename-table "a view has the old name in the same transaction"
--@ allow drop-view "the table gets its name back in the same transaction"

-- Rename shop.events to shop.happening, and keep the old name as a view
--
-- Why: from here on both names are the same rows. The view comes first to the old code and not to the new one,
-- because new code is the one that can be tried before it runs.
--
-- Safe: a change of the catalog in one transaction: nobody sees the one without the other. Old code goes on with
-- SELECT, FOR UPDATE, INSERT, ON CONFLICT (columns), UPDATE, DELETE and RETURNING.
--
-- Mind: through a view there is no COPY, TRUNCATE, ON CONFLICT ON CONSTRAINT, no ctid, xmin or tableoid, and
-- before PostgreSQL 17 no MERGE. Look whether the old code of shop.events needs one of them.

--@ upgrade
ALTER TABLE shop.events RENAME TO happening;

CREATE VIEW shop.events WITH (security_invoker = true) AS
SELECT id, created_at, body
FROM shop.happening;

ALTER VIEW shop.events OWNER TO postgres;

COMMENT ON VIEW shop.events IS 'The old name of shop.happening.';

--@ downgrade
DROP VIEW shop.events;

ALTER TABLE shop.happening RENAME TO events;


--@ revision 0002
--@ revises 0001
--@ rollout rename-events-to-happening / cut over
--@ owner backend

-- Code of backend names shop.happening and no longer shop.events
--
-- Why: shop.events is a name for a while only.
--
-- Safe: nothing runs here. Old and new versions use the same rows for as long as it takes.

--@ upgrade
--@ deploy "code of backend names shop.happening and no longer shop.events"

--@ downgrade
--@ deploy "code of backend names shop.events again"


--@ revision 0003
--@ revises 0002
--@ rollout rename-events-to-happening / contract
--@ requires unused table shop.events for 7 days
--@ allow drop-view "behind a gate that says that nothing uses it"

-- Drop the old name shop.events
--
-- Why: all code names shop.happening.
--
-- Safe: the gate shows that nothing uses the old name. The rows stay, and going back makes the view again.

--@ upgrade
DROP VIEW shop.events;

--@ downgrade
CREATE VIEW shop.events WITH (security_invoker = true) AS
SELECT id, created_at, body
FROM shop.happening;

ALTER VIEW shop.events OWNER TO postgres;

COMMENT ON VIEW shop.events IS 'The old name of shop.happening.';
