--@ revision 0002
--@ revises 0001
--@ rollout retire-plan-recommendations / expand
--@ owner frontend

-- recommendation.plan_id: the column, its index and its foreign key
--
-- Why it is safe: the column has no default and may be NULL, so adding it changes the catalog only. The index is built
-- beside the writers. The foreign key is added without looking at the rows (SHARE ROW EXCLUSIVE on both tables, for a
-- moment), and then checked under a lock that stops neither readers nor writers. Nobody knows of the column yet.

--@ upgrade

ALTER TABLE recommendation ADD COLUMN plan_id bigint;

CREATE INDEX CONCURRENTLY recommendation_plan_id ON recommendation (plan_id);

--@ sql
ALTER TABLE recommendation ADD CONSTRAINT recommendation_plan_id_fkey
    FOREIGN KEY (plan_id) REFERENCES plan (id) ON DELETE CASCADE NOT VALID;

--@ sql
ALTER TABLE recommendation VALIDATE CONSTRAINT recommendation_plan_id_fkey;

--@ downgrade

ALTER TABLE recommendation DROP CONSTRAINT IF EXISTS recommendation_plan_id_fkey;

DROP INDEX CONCURRENTLY IF EXISTS recommendation_plan_id;

--@ sql
ALTER TABLE recommendation DROP COLUMN IF EXISTS plan_id;
