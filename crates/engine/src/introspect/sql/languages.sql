SELECT l.oid, l.lanname, l.lanowner, to_json(l.lanacl::text[]), l.lanpltrusted,
    'HANDLER ' || l.lanplcallfoid::regproc
    || CASE WHEN l.laninline <> 0 THEN ' INLINE ' || l.laninline::regproc ELSE '' END
    || CASE WHEN l.lanvalidator <> 0 THEN ' VALIDATOR ' || l.lanvalidator::regproc ELSE '' END
FROM pg_language l
WHERE l.oid >= 16384 AND l.lanplcallfoid <> 0
ORDER BY l.oid
