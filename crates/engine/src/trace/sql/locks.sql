-- Locks on relations of this database that a session holds or waits for.
SELECT l.relation, l.mode, l.granted
FROM pg_catalog.pg_locks l
WHERE l.locktype = 'relation'
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
    AND l.pid = 
