--@ revision 0004
--@ revises 0003
--@ rollout retire-plan-recommendations / backfill
--@ owner frontend
--@ allow drop-function "the function is the backfill's own; no other code calls it"

-- Fill recommendation.plan_id from plan_recommendations
--
-- Why: the links that were there before the dual write began.
--
-- Safe: it runs in batches, each a short transaction that locks its own rows. The function looks at a link after
-- it has locked its row, so that a link that is deleted at this moment does not come back. The guard stops it
-- when a row has more than one link: there is no column for that.

--@ upgrade
--@ guard "a row of recommendation has one link in plan_recommendations" expect no rows
SELECT recommendation_id, count(*)
FROM public.plan_recommendations
GROUP BY recommendation_id
HAVING count(*) > 1
LIMIT 10;

--@ sql
CREATE FUNCTION public.cutover_retire_plan_recommendations_link(bigint) RETURNS bigint
LANGUAGE plpgsql
AS $link$
#variable_conflict use_column
BEGIN
    -- Whoever changes a link locks this row as well: what is read behind the lock is true until the end.
    PERFORM 1 FROM public.recommendation AS c WHERE c.id = $1 FOR NO KEY UPDATE;
    RETURN (SELECT j.plan_id FROM public.plan_recommendations AS j WHERE j.recommendation_id = $1);
END
$link$;

--@ backfill public.recommendation by id
UPDATE public.recommendation AS c
SET plan_id = public.cutover_retire_plan_recommendations_link(c.id)
WHERE c.plan_id IS NULL AND EXISTS (SELECT FROM public.plan_recommendations AS j WHERE j.recommendation_id = c.id);

--@ sql
DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_link(bigint);

--@ downgrade
DROP FUNCTION IF EXISTS public.cutover_retire_plan_recommendations_link(bigint);
