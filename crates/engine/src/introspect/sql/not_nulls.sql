-- From 18 on NOT NULL is a constraint.
SELECT c.oid, c.conrelid, c.conkey[1], c.conname, c.connoinherit, c.convalidated,
    c.coninhcount > 0 AND NOT c.conislocal
FROM pg_constraint c
WHERE c.contype = 'n' AND c.conrelid >= 16384
