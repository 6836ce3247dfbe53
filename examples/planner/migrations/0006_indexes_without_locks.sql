--@ revision 0006
--@ revises 0005
--@ lock_timeout 1s

-- Indexes that are built while the tables are in use
--
-- Each statement runs on its own, outside a transaction. An interrupted build is dropped and
-- built again by the next run.

--@ upgrade

CREATE INDEX CONCURRENTLY tasks_due_idx ON tasks (business_id, due_on) WHERE due_on IS NOT NULL;
CREATE INDEX CONCURRENTLY tasks_updated_idx ON tasks (updated_at DESC) WITH (fillfactor = 80);
CREATE UNIQUE INDEX CONCURRENTLY projects_name_key ON projects (business_id, lower(name)) WHERE archived_at IS NULL;
CREATE INDEX CONCURRENTLY businesses_plan_idx ON businesses USING hash (plan);

--@ downgrade

DROP INDEX CONCURRENTLY businesses_plan_idx;
DROP INDEX CONCURRENTLY projects_name_key;
DROP INDEX CONCURRENTLY tasks_updated_idx;
DROP INDEX CONCURRENTLY tasks_due_idx;
