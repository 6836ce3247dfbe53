--@ revision 0005
--@ revises 0004
--@ rollout retire-plan-recommendations / validate
--@ owner frontend

-- No link says anything else than plan_id
--
-- Why: from here on readers believe plan_id. A single row that differs would be a wrong answer.

--@ upgrade

--@ guard "every link is in plan_id, and nothing else" expect no rows
SELECT r.id FROM recommendation r
FULL JOIN plan_recommendations pr ON pr.recommendation_id = r.id
WHERE r.plan_id IS DISTINCT FROM pr.plan_id;

--@ downgrade

-- There is nothing to undo.
