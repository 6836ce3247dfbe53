SELECT c.oid, c.opcname, c.opcnamespace, c.opcowner, a.amname, c.opcdefault, format_type(c.opcintype, NULL),
    quote_ident(n.nspname) || '.' || quote_ident(f.opfname),
    CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END
FROM pg_opclass c
JOIN pg_am a ON a.oid = c.opcmethod
JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace n ON n.oid = f.opfnamespace
WHERE c.oid >= 16384
ORDER BY c.oid
