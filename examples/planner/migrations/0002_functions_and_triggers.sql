--@ revision 0002
--@ revises 0001

-- Functions and triggers
--
-- updated_at is kept by the database; every change of a status leaves a row in task_history.

--@ upgrade

CREATE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- only when something really changed: an idle UPDATE is no news
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END;
$$;

CREATE FUNCTION write_task_history() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO task_history (task_id, business_id, old_status, new_status)
    VALUES (NEW.id, NEW.business_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status);
    RETURN NULL;
END;
$body$;

CREATE FUNCTION check_member_left() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.role = 'owner' AND EXISTS (SELECT FROM businesses b WHERE b.id = OLD.business_id) THEN
        RAISE EXCEPTION 'the owner of business % cannot leave; hand it over first', OLD.business_id;
    END IF;
    RETURN OLD;
END;
$$;

CREATE FUNCTION open_tasks(of_business bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT count(*) FROM tasks t WHERE t.business_id = of_business AND t.status <> 'done';
END;
COMMENT ON FUNCTION open_tasks(bigint) IS 'How many tasks of a business are not done; "done" alone counts';

CREATE TRIGGER tasks_touch BEFORE UPDATE ON tasks
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER tasks_history AFTER INSERT OR UPDATE OF status ON tasks
    FOR EACH ROW EXECUTE FUNCTION write_task_history();
CREATE CONSTRAINT TRIGGER members_owner_stays AFTER DELETE ON members
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_member_left();

--@ downgrade

DROP TRIGGER members_owner_stays ON members;
DROP TRIGGER tasks_history ON tasks;
DROP TRIGGER tasks_touch ON tasks;
DROP FUNCTION open_tasks(bigint);
DROP FUNCTION check_member_left();
DROP FUNCTION write_task_history();
DROP FUNCTION touch_updated_at();
