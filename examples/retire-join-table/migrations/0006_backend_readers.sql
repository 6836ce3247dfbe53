--@ revision 0006
--@ revises 0005
--@ rollout retire-plan-recommendations / cut over
--@ owner backend

-- The backend reads plan_id
--
-- Why it is safe: both sides are kept in agreement, so old and new readers may run at the same time, and go back.

--@ upgrade

--@ deploy "the backend's readers use recommendation.plan_id"

--@ downgrade

--@ deploy "the backend's readers use plan_recommendations again"
