--@ revision 0009
--@ revises 0008
--@ rollout retire-plan-recommendations / contract
--@ owner backend
--@ requires unused table plan_recommendations for 7 days
--@ irreversible "the join table is gone; what it said is in recommendation.plan_id"

-- The triggers and the join table go
--
-- Why it is safe: the gate shows that nobody has used the table. Dropping a table with foreign keys takes ACCESS EXCLUSIVE
-- on the tables that they point to, for a moment; so do the triggers on theirs.

--@ upgrade

DROP TRIGGER retire_plan_recommendations_from_new_row ON recommendation;
DROP TRIGGER retire_plan_recommendations_from_column ON recommendation;

--@ sql
DROP TABLE plan_recommendations;
DROP FUNCTION retire_plan_recommendations_from_link;
DROP FUNCTION retire_plan_recommendations_from_column;
