SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> t.typcollation THEN
        (SELECT CASE WHEN n.nspname = 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(k.collname)
        FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace WHERE k.oid = a.attcollation) END,
    d.oid, CASE WHEN a.atthasdef THEN pg_get_expr(d.adbin, d.adrelid) END, a.attgenerated,
    a.attnotnull, a.attidentity,
    CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
    NULL, --[-13]
    NULLIF(a.attcompression, ''), --[14-]
    NULLIF(a.attstattarget, -1),
    to_json(a.attoptions), to_json(a.attfdwoptions), to_json(a.attacl::text[]),
    a.attinhcount > 0 AND NOT a.attislocal
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND c.oid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
