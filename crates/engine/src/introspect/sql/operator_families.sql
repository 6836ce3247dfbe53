SELECT f.oid, f.opfname, f.opfnamespace, f.opfowner, a.amname
FROM pg_opfamily f JOIN pg_am a ON a.oid = f.opfmethod
WHERE f.oid >= 16384
ORDER BY f.oid
