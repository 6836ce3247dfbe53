-- The planner's numbers of tables and their indexes.
SELECT n.nspname, c.relname, c.relpages, c.reltuples, c.relallvisible, coalesce(tn.nspname, n.nspname),
    coalesce(t.relname, c.relname)
FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE c.relkind IN ('r', 'i', 'm') AND c.reltuples >= 0 AND c.relpages > 0
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover') AND n.nspname !~ '^pg_(toast|temp)'
