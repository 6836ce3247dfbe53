-- Their attributes are read with the columns of tables.
SELECT c.oid, t.oid, t.typname, t.typnamespace, t.typowner, to_json(t.typacl::text[])
FROM pg_class c JOIN pg_type t ON t.oid = c.reltype
WHERE c.relkind = 'c' AND c.oid >= 16384
ORDER BY c.oid
