SELECT c.oid, c.relname, c.relnamespace, c.relowner, to_json(c.relacl::text[]), c.relkind, c.relpersistence,
    to_json(c.reloptions), to_json(tc.reloptions),
    CASE WHEN am.amname <> 'heap' THEN am.amname END,
    s.spcname, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
    NULLIF(c.reloftype, 0),
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
    c.relispopulated
FROM pg_class c
LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid AND tc.reloptions IS NOT NULL
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.oid >= 16384
ORDER BY c.oid
