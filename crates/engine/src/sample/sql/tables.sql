-- Tables with their columns, and the planner's numbers of rows and bytes: pg_table_size would wait for whoever holds one.
WITH RECURSIVE part AS (
    SELECT c.oid AS root, c.oid AS leaf FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p')
    UNION ALL
    SELECT part.root, i.inhrelid
    FROM part
        JOIN pg_catalog.pg_inherits i ON i.inhparent = part.leaf
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
), size AS (
    SELECT part.root, sum(greatest(l.reltuples, 0)) AS rows, sum(l.relpages::int8 + coalesce(t.relpages, 0)) AS pages
    FROM part
        JOIN pg_catalog.pg_class l ON l.oid = part.leaf
        LEFT JOIN pg_catalog.pg_class t ON t.oid = l.reltoastrelid
    WHERE l.relkind = 'r'
    GROUP BY part.root
)
SELECT n.nspname, c.relname, pn.nspname, p.relname, c.relkind, coalesce(size.rows, 0),
    coalesce(size.pages, 0) * current_setting('block_size')::int8,
    (SELECT coalesce(json_agg(json_build_object('name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '')
            ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN size ON size.root = c.oid
    LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
    LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
    LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'cutover') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY c.oid
