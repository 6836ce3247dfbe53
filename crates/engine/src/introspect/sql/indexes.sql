-- Of a constraint's index only the flags are of interest: the constraint says the rest.
SELECT i.indexrelid, c.relname, c.relnamespace, i.indrelid, i.indisunique, i.indisvalid, i.indisreplident,
    i.indisclustered, k.oid,
    CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid) END,
    CASE WHEN k.oid IS NULL THEN pg_get_expr(i.indpred, i.indrelid) END,
    to_json(c.reloptions), s.spcname, i.indkey, c.relkind = 'I',
    CASE WHEN i.indexprs IS NOT NULL THEN
        (SELECT json_agg(ARRAY[a.attnum::int, a.attstattarget::int] ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class r ON r.oid = i.indrelid AND r.relkind IN ('r', 'p', 'm')
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indexrelid >= 16384 AND (i.indislive OR NOT i.indisvalid)
ORDER BY i.indexrelid
