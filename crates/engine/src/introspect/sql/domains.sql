SELECT t.oid, t.typname, t.typnamespace, t.typowner, to_json(t.typacl::text[]),
    format_type(t.typbasetype, t.typtypmod),
    CASE WHEN t.typcollation <> b.typcollation THEN
        (SELECT CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(k.collname)
        FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace WHERE k.oid = t.typcollation) END,
    t.typdefault,
    t.typnotnull AND NOT EXISTS (SELECT FROM pg_constraint c
        WHERE c.contypid = t.oid AND c.contype = 'n' AND c.conname <> t.typname || '_not_null')
FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype
WHERE t.typtype = 'd' AND t.oid >= 16384
ORDER BY t.oid
