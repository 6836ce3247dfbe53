-- From 17 on NOT NULL has a name; it is among them where that is not the usual one.
SELECT c.oid, c.contypid, c.conname, pg_get_constraintdef(c.oid), c.convalidated
FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid
WHERE c.contypid >= 16384 AND (c.contype = 'c' OR c.contype = 'n' AND c.conname <> t.typname || '_not_null')
ORDER BY c.contypid, c.conname
