-- Sizes from the planner's own numbers: pg_table_size would wait for whoever holds a table.
SELECT n.nspname, c.relname,
       greatest(c.reltuples, s.n_live_tup, 0)::float8,
       (c.relpages::int8 + coalesce(t.relpages, 0)) * current_setting('block_size')::int8,
       coalesce((SELECT sum(i.relpages::int8) FROM pg_catalog.pg_index x
                 JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid), 0)::int8
           * current_setting('block_size')::int8,
       coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0),
       coalesce(s.n_tup_ins, 0) + coalesce(s.n_tup_upd, 0) + coalesce(s.n_tup_del, 0)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover') AND n.nspname !~ '^pg_(toast|temp)'
