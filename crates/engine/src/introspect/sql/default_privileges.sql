SELECT d.oid, d.defaclrole, d.defaclnamespace,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
        WHEN 'T' THEN 'TYPES' WHEN 'L' THEN 'LARGE OBJECTS' ELSE 'SCHEMAS' END,
    to_json(d.defaclacl::text[])
FROM pg_default_acl d
