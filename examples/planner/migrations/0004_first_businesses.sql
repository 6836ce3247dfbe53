--@ revision 0004
--@ revises 0003

-- The first businesses and their members
--
-- Seed rows are ordinary statements. The projects come as pg_dump would write them.

--@ upgrade

-- The COPY below names businesses by id. Numbers that a rolled-back run took are given back only
-- by a RESTART, which is part of the transaction as nextval() is not.
ALTER TABLE users ALTER COLUMN id RESTART;
ALTER TABLE businesses ALTER COLUMN id RESTART;
ALTER TABLE projects ALTER COLUMN id RESTART;
ALTER TABLE tasks ALTER COLUMN id RESTART;
ALTER TABLE task_history ALTER COLUMN id RESTART;

INSERT INTO users (email, name) VALUES
    ('ada@example.org', 'Ada'),
    ('grace@example.org', 'Grace'),
    ('linus@example.org', 'Linus'),
    ('margaret@example.org', 'Margaret'),
    ('edsger@example.org', 'Edsger'),
    ('barbara@example.org', 'Barbara');

INSERT INTO businesses (name, slug, plan) VALUES
    ('Analytical Engines', 'analytical-engines', 'company'),
    ('Compilers & Co', 'compilers', 'team'),
    ('O''Kernel', 'o-kernel', 'free'),
    ('Moon; Landing', 'moon-landing', 'team');

INSERT INTO members (business_id, user_id, role)
SELECT b.id, u.id, m.role::member_role
FROM (VALUES
    ('analytical-engines', 'ada@example.org', 'owner'),
    ('analytical-engines', 'grace@example.org', 'member'),
    ('compilers', 'grace@example.org', 'owner'),
    ('compilers', 'barbara@example.org', 'manager'),
    ('o-kernel', 'linus@example.org', 'owner'),
    ('moon-landing', 'margaret@example.org', 'owner'),
    ('moon-landing', 'edsger@example.org', 'guest'),
    ('moon-landing', 'barbara@example.org', 'member')
) AS m (slug, email, role)
JOIN businesses b USING (slug)
JOIN users u ON u.email = m.email;

COPY projects (business_id, name, "position") FROM stdin;
1	Difference engine; second try	1
1	It's a "mill"	2
2	A-0	1
4	--@ not a directive	1
\.

INSERT INTO tasks (business_id, project_id, assignee_id, title, body, priority, due_on)
SELECT p.business_id, p.id, m.user_id, 'Plan ' || p.name, 'Write the plan /* and keep it */', 1, date '2026-01-31'
FROM projects p
JOIN members m ON m.business_id = p.business_id AND m.role = 'owner';

--@ downgrade

DELETE FROM tasks;
DELETE FROM task_history;
DELETE FROM projects;
-- takes the members along; the owner may leave when the business is gone at the end
DELETE FROM businesses;
DELETE FROM users;
ALTER TABLE task_history ALTER COLUMN id RESTART;
ALTER TABLE tasks ALTER COLUMN id RESTART;
ALTER TABLE projects ALTER COLUMN id RESTART;
ALTER TABLE businesses ALTER COLUMN id RESTART;
ALTER TABLE users ALTER COLUMN id RESTART;
