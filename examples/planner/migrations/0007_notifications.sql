--@ revision 0007
--@ revises 0006
--@ branch planner

-- Notifications, and tasks that wait for review
--
-- The new value of task_status is used by an index below it, so Cutover commits it first.

--@ upgrade

ALTER TYPE task_status ADD VALUE 'review' BEFORE 'done';

CREATE TYPE notification_kind AS ENUM ('assigned', 'due', 'mentioned');

CREATE TABLE notifications (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    task_id bigint REFERENCES tasks ON DELETE CASCADE,
    kind notification_kind NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at timestamptz,
    CHECK (read_at >= created_at)
);
CREATE INDEX notifications_unread_idx ON notifications (user_id, created_at DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_task_idx ON notifications (task_id);
CREATE INDEX tasks_in_review_idx ON tasks (business_id, updated_at) WHERE status = 'review';

--@ downgrade

DROP TABLE notifications;
DROP TYPE notification_kind;
DROP INDEX tasks_in_review_idx;

-- A value cannot be taken out of an enum: a new type takes its place. Everything that speaks of
-- the column goes first and comes back as it was.
DROP TRIGGER tasks_history ON tasks;
UPDATE tasks SET status = 'doing' WHERE status = 'review';
UPDATE task_history SET old_status = 'doing' WHERE old_status = 'review';
UPDATE task_history SET new_status = 'doing' WHERE new_status = 'review';
DROP VIEW workload;
DROP VIEW active_tasks;
DROP FUNCTION open_tasks(bigint);
DROP INDEX tasks_assignee_idx;
DROP INDEX tasks_project_idx;
ALTER TYPE task_status RENAME TO task_status_with_review;
CREATE TYPE task_status AS ENUM ('open', 'doing', 'blocked', 'done');
ALTER TABLE tasks
    ALTER COLUMN status DROP DEFAULT,
    ALTER COLUMN status TYPE task_status USING status::text::task_status,
    ALTER COLUMN status SET DEFAULT 'open';
ALTER TABLE task_history
    ALTER COLUMN old_status TYPE task_status USING old_status::text::task_status,
    ALTER COLUMN new_status TYPE task_status USING new_status::text::task_status;
DROP TYPE task_status_with_review;
CREATE INDEX tasks_project_idx ON tasks (business_id, project_id, status, priority DESC NULLS LAST);
CREATE INDEX tasks_assignee_idx ON tasks (assignee_id, due_on) WHERE status <> 'done';
CREATE TRIGGER tasks_history AFTER INSERT OR UPDATE OF status ON tasks
    FOR EACH ROW EXECUTE FUNCTION write_task_history();
CREATE FUNCTION open_tasks(of_business bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT count(*) FROM tasks t WHERE t.business_id = of_business AND t.status <> 'done';
END;
COMMENT ON FUNCTION open_tasks(bigint) IS 'How many tasks of a business are not done; "done" alone counts';
CREATE VIEW active_tasks WITH (security_barrier) AS
SELECT t.id, t.business_id, t.project_id, p.name AS project, t.title, t.status, t.priority, t.due_on
FROM tasks t
JOIN projects p ON p.business_id = t.business_id AND p.id = t.project_id
WHERE t.status <> 'done' AND p.archived_at IS NULL;
CREATE VIEW workload AS
SELECT m.business_id, m.user_id, u.name, count(t.id) AS tasks, min(t.due_on) AS next_due
FROM members m
JOIN users u ON u.id = m.user_id
LEFT JOIN tasks t ON t.business_id = m.business_id AND t.assignee_id = m.user_id AND t.status <> 'done'
GROUP BY m.business_id, m.user_id, u.name;
