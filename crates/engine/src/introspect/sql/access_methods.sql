SELECT a.oid, a.amname, CASE a.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, a.amhandler::regproc
FROM pg_am a
WHERE a.oid >= 16384
ORDER BY a.oid
