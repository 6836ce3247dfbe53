--@ revision 0004
--@ revises 0003
--@ rollout retire-plan-recommendations / backfill
--@ owner frontend
--@ allow empty-downgrade "the column goes with the revision that added it; to empty it here would remove the links through the triggers"

-- Fill recommendation.plan_id from plan_recommendations
--
-- Why: the links that were there before the dual write began.
--
-- Safe: it runs in batches, each a short transaction that locks its own rows first, so that a link that is
-- deleted at this moment does not come back. The guard stops it when a row has more than one link: there is no
-- column for that.

--@ upgrade
--@ guard "a row of recommendation has one link in plan_recommendations" expect no rows
SELECT recommendation_id, count(*)
FROM public.plan_recommendations
GROUP BY recommendation_id
HAVING count(*) > 1
LIMIT 10;

--@ backfill public.recommendation by id
UPDATE public.recommendation AS c
SET plan_id = j.plan_id
FROM public.plan_recommendations AS j
WHERE j.recommendation_id = c.id AND c.plan_id IS NULL;

--@ downgrade
