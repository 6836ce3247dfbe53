--@ revision 0003
--@ revises 0002
--@ rollout retire-plan-recommendations / dual write
--@ owner backend

-- Every write to the link also goes to plan_id, and every write to plan_id to the link
--
-- Why now: a row that is written between a backfill and this would have no plan_id, and new readers would never see it.
--
-- Why it is safe: CREATE TRIGGER waits for open writers of the table and takes SHARE ROW EXCLUSIVE for a moment. Each
-- trigger does nothing when the other side is right already, so that neither comes back to itself. That a link goes
-- because its plan goes is not told to the recommendation: it goes with the plan itself.

--@ upgrade

CREATE FUNCTION retire_plan_recommendations_from_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        -- locked first, so that the statement after it sees what a backfill or another client has written meanwhile
        PERFORM FROM recommendation WHERE id = OLD.recommendation_id FOR NO KEY UPDATE;
        UPDATE recommendation SET plan_id = NULL
        WHERE id = OLD.recommendation_id AND plan_id = OLD.plan_id
            AND (TG_OP = 'DELETE' OR OLD.recommendation_id <> NEW.recommendation_id)
            AND EXISTS (SELECT FROM plan WHERE plan.id = OLD.plan_id);
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        UPDATE recommendation SET plan_id = NEW.plan_id
        WHERE id = NEW.recommendation_id AND plan_id IS DISTINCT FROM NEW.plan_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION retire_plan_recommendations_from_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM plan_recommendations
    WHERE recommendation_id = NEW.id AND plan_id IS DISTINCT FROM NEW.plan_id;
    IF NEW.plan_id IS NOT NULL THEN
        INSERT INTO plan_recommendations (plan_id, recommendation_id) VALUES (NEW.plan_id, NEW.id)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

--@ sql
CREATE TRIGGER retire_plan_recommendations_from_link
    AFTER INSERT OR UPDATE OR DELETE ON plan_recommendations
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION retire_plan_recommendations_from_link();

--@ sql
CREATE TRIGGER retire_plan_recommendations_from_column
    AFTER UPDATE OF plan_id ON recommendation
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND OLD.plan_id IS DISTINCT FROM NEW.plan_id)
    EXECUTE FUNCTION retire_plan_recommendations_from_column();

CREATE TRIGGER retire_plan_recommendations_from_new_row
    AFTER INSERT ON recommendation
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.plan_id IS NOT NULL)
    EXECUTE FUNCTION retire_plan_recommendations_from_column();

--@ downgrade

DROP TRIGGER IF EXISTS retire_plan_recommendations_from_new_row ON recommendation;
DROP TRIGGER IF EXISTS retire_plan_recommendations_from_column ON recommendation;

--@ sql
DROP TRIGGER IF EXISTS retire_plan_recommendations_from_link ON plan_recommendations;
DROP FUNCTION IF EXISTS retire_plan_recommendations_from_link;
DROP FUNCTION IF EXISTS retire_plan_recommendations_from_column;
