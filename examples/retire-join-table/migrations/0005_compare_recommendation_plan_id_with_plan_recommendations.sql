--@ revision 0005
--@ revises 0004
--@ rollout retire-plan-recommendations / validate
--@ owner frontend

-- Compare recommendation.plan_id with plan_recommendations
--
-- Why: nobody reads recommendation.plan_id before it is known to say what plan_recommendations says, of every
-- row, in one snapshot.
--
-- Safe: it reads, and takes no lock that anybody waits for. What it finds is a bug or a row with two links: mend
-- it, and run again.

--@ upgrade
--@ guard "every link of plan_recommendations is in recommendation.plan_id, and nothing else is" expect no rows
SELECT c.id, j.plan_id, c.plan_id
FROM public.recommendation AS c FULL JOIN public.plan_recommendations AS j ON j.recommendation_id = c.id
WHERE j.plan_id IS DISTINCT FROM c.plan_id
LIMIT 10;

--@ downgrade
