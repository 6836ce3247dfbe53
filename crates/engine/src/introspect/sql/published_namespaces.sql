SELECT p.oid, p.pnpubid, n.nspname
FROM pg_publication_namespace p JOIN pg_namespace n ON n.oid = p.pnnspid
ORDER BY p.pnpubid, n.nspname
