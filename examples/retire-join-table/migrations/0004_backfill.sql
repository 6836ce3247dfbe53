--@ revision 0004
--@ revises 0003
--@ rollout retire-plan-recommendations / backfill
--@ owner frontend

-- Link every older recommendation to its plan
--
-- Why it is safe: a row is locked for as long as its batch takes, and nobody else's for longer. What was written since
-- the triggers are there is right already and is left alone.

--@ upgrade

--@ guard "a recommendation belongs to one plan" expect no rows
SELECT recommendation_id FROM plan_recommendations
GROUP BY recommendation_id HAVING count(*) > 1;

--@ backfill recommendation by id
UPDATE recommendation r SET plan_id = pr.plan_id
FROM plan_recommendations pr
WHERE pr.recommendation_id = r.id AND r.plan_id IS NULL;

--@ downgrade

-- The column goes with the revision that made it.
