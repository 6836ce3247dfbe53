SELECT p.oid, p.proname, p.pronamespace, p.proowner, to_json(p.proacl::text[]),
    pg_get_function_identity_arguments(p.oid), pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
    a.aggkind, oidvectortypes(p.proargtypes),
    to_json(ARRAY[
        ['SFUNC', a.aggtransfn::regproc::text],
        ['STYPE', format_type(a.aggtranstype, NULL)],
        ['SSPACE', NULLIF(a.aggtransspace, 0)::text],
        ['FINALFUNC', NULLIF(a.aggfinalfn::regproc::text, '-')],
        ['FINALFUNC_EXTRA', CASE WHEN a.aggfinalextra THEN '' END],
        ['FINALFUNC_MODIFY', CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
            THEN CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END],
        ['COMBINEFUNC', NULLIF(a.aggcombinefn::regproc::text, '-')],
        ['SERIALFUNC', NULLIF(a.aggserialfn::regproc::text, '-')],
        ['DESERIALFUNC', NULLIF(a.aggdeserialfn::regproc::text, '-')],
        ['INITCOND', quote_literal(a.agginitval)],
        ['MSFUNC', NULLIF(a.aggmtransfn::regproc::text, '-')],
        ['MINVFUNC', NULLIF(a.aggminvtransfn::regproc::text, '-')],
        ['MSTYPE', CASE WHEN a.aggmtransfn <> 0 THEN format_type(a.aggmtranstype, NULL) END],
        ['MSSPACE', NULLIF(a.aggmtransspace, 0)::text],
        ['MFINALFUNC', NULLIF(a.aggmfinalfn::regproc::text, '-')],
        ['MFINALFUNC_EXTRA', CASE WHEN a.aggmfinalextra THEN '' END],
        ['MFINALFUNC_MODIFY', CASE WHEN a.aggmfinalfn <> 0 AND a.aggmfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
            THEN CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END],
        ['MINITCOND', quote_literal(a.aggminitval)],
        ['SORTOP', CASE WHEN a.aggsortop <> 0 THEN
            (SELECT 'OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')'
            FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = a.aggsortop) END],
        ['PARALLEL', CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END],
        ['HYPOTHETICAL', CASE WHEN a.aggkind = 'h' THEN '' END]
    ])
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid
WHERE p.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
ORDER BY p.oid
