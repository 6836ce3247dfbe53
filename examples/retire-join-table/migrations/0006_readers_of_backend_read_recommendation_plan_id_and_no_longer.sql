--@ revision 0006
--@ revises 0005
--@ rollout retire-plan-recommendations / cut over
--@ owner backend

-- Readers of backend read recommendation.plan_id and no longer plan_recommendations
--
-- Why: the column is whole and stays so, whoever writes. The others may come before or after.
--
-- Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes.

--@ upgrade
--@ deploy "readers of backend read recommendation.plan_id and no longer plan_recommendations"

--@ downgrade
--@ deploy "readers of backend read plan_recommendations again, which holds all that was written since"
