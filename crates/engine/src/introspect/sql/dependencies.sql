-- Who needs whom. What the definitions say by themselves (an index its table, a foreign key its two)
-- is not asked for.
SELECT d.classid, d.objid, d.objsubid, --[15-]
SELECT CASE WHEN g.oid IS NULL THEN d.classid ELSE 'pg_attrdef'::regclass::oid END, COALESCE(g.oid, d.objid), --[-14]
    CASE WHEN g.oid IS NULL THEN d.objsubid ELSE 0 END, --[-14]
    d.refclassid, d.refobjid, d.refobjsubid
FROM pg_depend d
-- up to 14 it is the generated column that needs what its expression names
LEFT JOIN (SELECT f.oid, f.adrelid, f.adnum, a.atttypid FROM pg_attrdef f --[-14]
    JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum AND a.attgenerated <> '') g --[-14]
    ON d.classid = 'pg_class'::regclass AND g.adrelid = d.objid AND g.adnum = d.objsubid --[-14]
    AND NOT (d.refclassid = 'pg_type'::regclass AND d.refobjid = g.atttypid) --[-14]
WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384 AND d.refobjid >= 16384
    AND d.refclassid NOT IN ('pg_namespace'::regclass)
    AND NOT (d.classid = 'pg_constraint'::regclass AND d.objid IN
        (SELECT c.oid FROM pg_constraint c WHERE c.contype IN ('p', 'u', 'f', 'n')))
    AND NOT (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.objid IN
        (SELECT i.indexrelid FROM pg_index i WHERE i.indexprs IS NULL AND i.indpred IS NULL))
