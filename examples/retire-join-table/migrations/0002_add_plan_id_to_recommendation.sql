--@ revision 0002
--@ revises 0001
--@ rollout retire-plan-recommendations / expand
--@ owner frontend
--@ allow drop-locks-referenced-table "on the way down only, for a moment, under the lock timeout"

-- Add plan_id to recommendation
--
-- Why: a row of recommendation belongs to one row of plan; plan_recommendations can say more than that, and
-- costs a join and a delete of its own.
--
-- Safe: nothing that runs names the column. It is added without a value, so no row is touched; the index is
-- built beside the writers; the foreign key is checked for new rows first and for the old ones, all of them
-- NULL, in a transaction of its own.
--
-- Mind: from the dual write on, a delete in plan deletes the rows of recommendation that belong to it, whoever
-- deletes. plan_recommendations alone would have left them without a link.

--@ upgrade
ALTER TABLE public.recommendation ADD COLUMN plan_id bigint;

COMMENT ON COLUMN public.recommendation.plan_id IS 'It took the place of plan_recommendations.';

--@ sql
CREATE INDEX CONCURRENTLY recommendation_plan_id_idx ON public.recommendation (plan_id);

--@ sql
ALTER TABLE public.recommendation ADD CONSTRAINT recommendation_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plan (id) ON DELETE CASCADE NOT VALID;

--@ sql
ALTER TABLE public.recommendation VALIDATE CONSTRAINT recommendation_plan_id_fkey;

--@ downgrade
ALTER TABLE public.recommendation DROP CONSTRAINT IF EXISTS recommendation_plan_id_fkey;

--@ sql
DROP INDEX CONCURRENTLY IF EXISTS public.recommendation_plan_id_idx;

--@ sql
ALTER TABLE public.recommendation DROP COLUMN IF EXISTS plan_id;
