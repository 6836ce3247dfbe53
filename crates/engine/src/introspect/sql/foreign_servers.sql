SELECT 'wrapper', w.oid, w.fdwname, w.fdwowner, to_json(w.fdwacl::text[])::text, to_json(w.fdwoptions)::text,
    NULLIF(w.fdwhandler::regproc::text, '-'), NULLIF(w.fdwvalidator::regproc::text, '-'), NULL
FROM pg_foreign_data_wrapper w WHERE w.oid >= 16384
UNION ALL
SELECT 'server', s.oid, s.srvname, s.srvowner, to_json(s.srvacl::text[])::text, to_json(s.srvoptions)::text,
    s.srvtype, s.srvversion, w.fdwname
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE s.oid >= 16384
UNION ALL
SELECT 'mapping', m.umid, m.srvname, NULL, NULL, to_json(m.umoptions)::text, CASE WHEN m.umuser = 0 THEN '' ELSE m.usename END,
    CASE WHEN m.umoptions IS NULL AND NOT pg_catalog.current_setting('is_superuser')::bool THEN 'hidden' END, NULL
FROM pg_user_mappings m WHERE m.umid >= 16384
