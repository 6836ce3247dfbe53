-- The server lists columns by their numbers, which are not compared: here they are sorted by name.
SELECT s.oid, s.stxname, s.stxnamespace, s.stxowner,
    COALESCE(replace(pg_get_statisticsobjdef(s.oid), ' ON ' || c.numbered, ' ON ' || c.named), pg_get_statisticsobjdef(s.oid)),
    NULL, --[-12]
    NULLIF(s.stxstattarget, -1), --[13-]
    s.stxrelid
FROM pg_statistic_ext s
CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS numbered,
        string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) AS named
    FROM pg_attribute a
    WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[])
) c
WHERE s.oid >= 16384
ORDER BY s.oid
