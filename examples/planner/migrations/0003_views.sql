--@ revision 0003
--@ revises 0002

-- Views for the start page

--@ upgrade

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

--@ downgrade

DROP VIEW workload;
DROP VIEW active_tasks;
