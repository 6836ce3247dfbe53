SELECT c.oid::text,
       c.relkind,
       format('%I.%I', n.nspname, c.relname),
       EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid),
       coalesce((SELECT option_value FROM pg_catalog.pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), '100'),
       (SELECT coalesce(sum(s.avg_width), 0) FROM pg_catalog.pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited),
       (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid),
       coalesce((SELECT string_agg(DISTINCT a.attname, chr(10)) FROM pg_catalog.pg_attribute a
           JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attnum = ANY (i.indkey) OR EXISTS (
               SELECT FROM pg_catalog.pg_depend d
               WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
                   AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum))), '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(
