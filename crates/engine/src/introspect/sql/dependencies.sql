-- Who needs whom. What the definitions say by themselves (an index its table, a foreign key its two)
-- is not asked for.
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid
FROM pg_depend d
WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384 AND d.refobjid >= 16384
    AND d.refclassid NOT IN ('pg_namespace'::regclass)
    AND NOT (d.classid = 'pg_constraint'::regclass AND d.objid IN
        (SELECT c.oid FROM pg_constraint c WHERE c.contype IN ('p', 'u', 'f', 'n')))
    AND NOT (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.objid IN
        (SELECT i.indexrelid FROM pg_index i WHERE i.indexprs IS NULL AND i.indpred IS NULL))
