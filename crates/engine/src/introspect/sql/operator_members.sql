-- Members of families: whose (a class's or the family's), what adds it and what drops it.
SELECT d.refclassid, d.refobjid, m.oid, 'pg_amop'::regclass::oid,
    'OPERATOR ' || m.amopstrategy || ' ' || m.amopopr::regoperator
        || COALESCE(' FOR ORDER BY ' || quote_ident(n.nspname) || '.' || quote_ident(s.opfname), ''),
    'OPERATOR ' || m.amopstrategy || ' (' || format_type(m.amoplefttype, NULL) || ', '
        || format_type(m.amoprighttype, NULL) || ')'
FROM pg_amop m
JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = m.oid
    AND (d.refclassid = 'pg_opclass'::regclass OR d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = m.amopfamily)
LEFT JOIN pg_opfamily s ON s.oid = m.amopsortfamily
LEFT JOIN pg_namespace n ON n.oid = s.opfnamespace
WHERE m.oid >= 16384
UNION ALL
SELECT d.refclassid, d.refobjid, m.oid, 'pg_amproc'::regclass::oid,
    'FUNCTION ' || m.amprocnum || ' (' || format_type(m.amproclefttype, NULL) || ', '
        || format_type(m.amprocrighttype, NULL) || ') ' || m.amproc::regprocedure,
    'FUNCTION ' || m.amprocnum || ' (' || format_type(m.amproclefttype, NULL) || ', '
        || format_type(m.amprocrighttype, NULL) || ')'
FROM pg_amproc m
JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = m.oid
    AND (d.refclassid = 'pg_opclass'::regclass OR d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = m.amprocfamily)
WHERE m.oid >= 16384
ORDER BY 5
