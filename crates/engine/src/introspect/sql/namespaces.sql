-- Namespaces: those of the system and of Cutover itself are nobody's schema.
SELECT n.oid, n.nspname, n.nspowner, to_json(n.nspacl::text[])
FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'cutover')
ORDER BY n.oid
