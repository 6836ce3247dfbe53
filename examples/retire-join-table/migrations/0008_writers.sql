--@ revision 0008
--@ revises 0006, 0007
--@ rollout retire-plan-recommendations / cut over
--@ owner backend

-- The backend writes plan_id only
--
-- Why it is safe: nobody reads the join table any more, and the trigger still writes it, so that all of this can be
-- undone without losing a row.

--@ upgrade

--@ deploy "the backend's writers use recommendation.plan_id and leave plan_recommendations alone"

--@ downgrade

--@ deploy "the backend's writers use plan_recommendations again"
