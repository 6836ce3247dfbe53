SELECT p.oid, p.pubname, p.pubowner, p.puballtables,
    to_json(ARRAY[
        ['publish', NULLIF(concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
            CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
            'insert, update, delete, truncate')]
        , ['publish_via_partition_root', CASE WHEN p.pubviaroot THEN 'true' END] --[13-]
        , ['publish_generated_columns', CASE WHEN p.pubgencols <> 'n' THEN 'stored' END] --[18-]
    ])
FROM pg_publication p
WHERE p.oid >= 16384
ORDER BY p.oid
