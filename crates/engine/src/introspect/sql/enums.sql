SELECT t.oid, t.typname, t.typnamespace, t.typowner, to_json(t.typacl::text[]),
    (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_type t
WHERE t.typtype = 'e' AND t.oid >= 16384
ORDER BY t.oid
