SELECT c.oid, c.conname, c.connamespace, c.conowner, c.condefault,
    pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), c.conproc
FROM pg_conversion c
WHERE c.oid >= 16384
ORDER BY c.oid
