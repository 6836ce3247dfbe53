SELECT i.indexrelid::regclass::text,
       a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN i.indcollation[k.n - 1] NOT IN (0, a.attcollation) THEN
           (SELECT format('%I.%I', s.nspname, l.collname) FROM pg_catalog.pg_collation l
            JOIN pg_catalog.pg_namespace s ON s.oid = l.collnamespace WHERE l.oid = i.indcollation[k.n - 1]) END,
       a.attnotnull,
       i.indoption[k.n - 1] & 1,
       (SELECT o.opcdefault FROM pg_catalog.pg_opclass o WHERE o.oid = i.indclass[k.n - 1])
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS k (n)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.n - 1]
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    AND i.indrelid = 
