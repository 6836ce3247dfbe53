-- The planner's statistics of columns, with arrays of any type as text.
SELECT s.schemaname, s.tablename, s.attname, s.inherited, s.null_frac, s.avg_width, s.n_distinct,
    s.most_common_vals::text, s.most_common_freqs::text, s.histogram_bounds::text, s.correlation,
    s.most_common_elems::text, s.most_common_elem_freqs::text, s.elem_count_histogram::text
FROM pg_catalog.pg_stats s
WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema', 'cutover')
