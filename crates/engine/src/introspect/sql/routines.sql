SELECT p.oid, p.proname, p.pronamespace, p.proowner, to_json(p.proacl::text[]), p.prokind,
    oidvectortypes(p.proargtypes), pg_get_functiondef(p.oid), pg_get_function_result(p.oid),
    to_json(p.proargnames), to_json(p.proargmodes), p.pronargs, p.pronargdefaults,
    (SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n)
        FROM unnest(p.proallargtypes, p.proargmodes) WITH ORDINALITY AS o (t, m, n) WHERE o.m IN ('o', 'b', 't'))
FROM pg_proc p
WHERE p.prokind <> 'a' AND p.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
ORDER BY p.oid
