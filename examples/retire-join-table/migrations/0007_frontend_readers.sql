--@ revision 0007
--@ revises 0005
--@ rollout retire-plan-recommendations / cut over
--@ owner frontend

-- The front end reads plan_id
--
-- Why it is safe: as for the backend, and in either order.

--@ upgrade

--@ deploy "the front end's readers use recommendation.plan_id"

--@ downgrade

--@ deploy "the front end's readers use plan_recommendations again"
