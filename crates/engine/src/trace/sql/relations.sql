-- Every relation that is not the system's own: its file, and what this transaction has read of it so far.
-- None of these functions locks the relation that it is asked about.
SELECT c.oid,
    CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname END,
    c.relname,
    c.relkind,
    coalesce(pg_relation_filenode(c.oid), 0),
    -- numbers that were copied from another database say nothing of the rows that are here; any role may ask
    CASE WHEN c.oid::text = ANY (string_to_array(current_setting('cutover.copied_sizes', true), ','))
        THEN -1 ELSE c.reltuples END,
    pg_stat_get_xact_numscans(c.oid),
    pg_stat_get_xact_tuples_returned(c.oid),
    pg_stat_get_xact_tuples_fetched(c.oid)
FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I', 'c')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\_toast%'
    AND (n.nspname NOT LIKE 'pg\_temp%' OR n.oid = pg_my_temp_schema())
