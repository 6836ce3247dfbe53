-- Foreign keys that partitions have from their parents are no objects of their own.
SELECT c.oid, c.conname, c.conrelid, c.contype, pg_get_constraintdef(c.oid), c.condeferrable, c.condeferred,
    c.convalidated,
    true, --[-17]
    c.conenforced, --[18-]
    c.coninhcount > 0 AND NOT c.conislocal, c.confrelid, c.conindid,
    array_to_string(c.conkey, ' '), array_to_string(c.confkey, ' '), r.relkind = 'p',
    to_json(i.reloptions), s.spcname, pg_get_expr(x.indpred, x.indrelid)
FROM pg_constraint c
JOIN pg_class r ON r.oid = c.conrelid
LEFT JOIN pg_class i ON i.oid = c.conindid AND c.contype IN ('p', 'u', 'x')
LEFT JOIN pg_index x ON x.indexrelid = i.oid AND c.contype = 'x'
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE c.conrelid >= 16384 AND c.contype IN ('p', 'u', 'x', 'c', 'f') AND NOT (c.contype = 'f' AND c.conparentid <> 0)
ORDER BY c.oid
