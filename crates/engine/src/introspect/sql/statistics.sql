SELECT s.oid, s.stxname, s.stxnamespace, s.stxowner, pg_get_statisticsobjdef(s.oid),
    NULL, --[-12]
    NULLIF(s.stxstattarget, -1), --[13-]
    s.stxrelid
FROM pg_statistic_ext s
WHERE s.oid >= 16384
ORDER BY s.oid
