--@ revision 0008
--@ revises 0006, 0007
--@ rollout retire-plan-recommendations / cut over
--@ owner backend

-- Writers of backend write recommendation.plan_id and no longer plan_recommendations
--
-- Why: plan_recommendations is to go, and nothing must name it by then.
--
-- Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes: the triggers write
-- plan_recommendations for the new ones.

--@ upgrade
--@ deploy "writers of backend write recommendation.plan_id and no longer plan_recommendations"

--@ downgrade
--@ deploy "writers of backend write plan_recommendations again"
