SELECT t.oid, format_type(t.trftype, NULL), l.lanname,
    '(' || concat_ws(', ',
        'FROM SQL WITH FUNCTION ' || NULLIF(t.trffromsql, 0)::regprocedure,
        'TO SQL WITH FUNCTION ' || NULLIF(t.trftosql, 0)::regprocedure) || ')'
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
WHERE t.oid >= 16384
ORDER BY t.oid
