SELECT t.oid, t.typname, t.typnamespace, t.typowner, to_json(t.typacl::text[]),
    to_json(ARRAY[
        ['SUBTYPE', format_type(r.rngsubtype, NULL)],
        ['SUBTYPE_OPCLASS', CASE WHEN NOT o.opcdefault
            THEN quote_ident(n.nspname) || '.' || quote_ident(o.opcname) END],
        ['COLLATION', CASE WHEN r.rngcollation <> s.typcollation THEN
            (SELECT CASE WHEN kn.nspname = 'pg_catalog' THEN '' ELSE quote_ident(kn.nspname) || '.' END || quote_ident(k.collname)
            FROM pg_collation k JOIN pg_namespace kn ON kn.oid = k.collnamespace WHERE k.oid = r.rngcollation) END],
        ['CANONICAL', NULLIF(r.rngcanonical::regproc::text, '-')],
        ['SUBTYPE_DIFF', NULLIF(r.rngsubdiff::regproc::text, '-')]
        , ['MULTIRANGE_TYPE_NAME', quote_ident(mn.nspname) || '.' || quote_ident(m.typname)] --[14-]
    ])
FROM pg_range r
JOIN pg_type t ON t.oid = r.rngtypid
JOIN pg_type s ON s.oid = r.rngsubtype
JOIN pg_opclass o ON o.oid = r.rngsubopc
JOIN pg_namespace n ON n.oid = o.opcnamespace
JOIN pg_type m ON m.oid = r.rngmultitypid --[14-]
JOIN pg_namespace mn ON mn.oid = m.typnamespace --[14-]
WHERE t.oid >= 16384
ORDER BY t.oid
