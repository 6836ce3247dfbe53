-- What belongs to an extension is the extension's business.
SELECT d.classid, d.objid, d.refobjid
FROM pg_depend d
WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
