-- Shells, which wait for somebody to define them, have no function.
SELECT o.oid, o.oprname, o.oprnamespace, o.oprowner,
    COALESCE(format_type(NULLIF(o.oprleft, 0), NULL), 'NONE') || ', '
        || COALESCE(format_type(NULLIF(o.oprright, 0), NULL), 'NONE'),
    to_json(ARRAY[
        ['FUNCTION', o.oprcode::regproc::text],
        ['LEFTARG', format_type(NULLIF(o.oprleft, 0), NULL)],
        ['RIGHTARG', format_type(NULLIF(o.oprright, 0), NULL)],
        ['COMMUTATOR', (SELECT 'OPERATOR(' || quote_ident(n.nspname) || '.' || c.oprname || ')'
            FROM pg_operator c JOIN pg_namespace n ON n.oid = c.oprnamespace WHERE c.oid = o.oprcom)],
        ['NEGATOR', (SELECT 'OPERATOR(' || quote_ident(n.nspname) || '.' || c.oprname || ')'
            FROM pg_operator c JOIN pg_namespace n ON n.oid = c.oprnamespace WHERE c.oid = o.oprnegate)],
        ['RESTRICT', NULLIF(o.oprrest::regproc::text, '-')],
        ['JOIN', NULLIF(o.oprjoin::regproc::text, '-')],
        ['HASHES', CASE WHEN o.oprcanhash THEN '' END],
        ['MERGES', CASE WHEN o.oprcanmerge THEN '' END]
    ])
FROM pg_operator o
WHERE o.oid >= 16384 AND o.oprcode <> 0
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid AND e.deptype = 'e')
ORDER BY o.oid
