SELECT c.oid, c.collname, c.collnamespace, c.collowner, c.collprovider, c.collisdeterministic,
    c.collcollate, c.collctype,
    NULL --[-14]
    c.colliculocale --[15-16]
    c.colllocale --[17-]
    ,
    NULL --[-15]
    c.collicurules --[16-]
FROM pg_collation c
WHERE c.oid >= 16384
ORDER BY c.oid
