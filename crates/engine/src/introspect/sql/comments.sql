SELECT classoid, objoid, objsubid, description
FROM pg_description
WHERE objoid >= 16384 OR (classoid = 'pg_namespace'::regclass AND objoid = to_regnamespace('public'))
