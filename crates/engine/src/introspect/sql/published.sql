SELECT r.oid, r.prpubid, r.prrelid,
    '' --[-14]
    COALESCE((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' --[15-]
        FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), '') --[15-]
        || COALESCE(' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')', '') --[15-]
FROM pg_publication_rel r
ORDER BY r.prpubid, r.prrelid
