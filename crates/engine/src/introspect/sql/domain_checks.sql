SELECT c.oid, c.contypid, c.conname, pg_get_constraintdef(c.oid), c.convalidated
FROM pg_constraint c
WHERE c.contypid >= 16384 AND c.contype = 'c'
ORDER BY c.contypid, c.conname
