-- Shells have no functions, and so no properties.
SELECT t.oid, t.typname, t.typnamespace, t.typowner, to_json(t.typacl::text[]),
    CASE WHEN t.typisdefined THEN to_json(ARRAY[
        ['INPUT', t.typinput::regproc::text],
        ['OUTPUT', t.typoutput::regproc::text],
        ['RECEIVE', NULLIF(t.typreceive::regproc::text, '-')],
        ['SEND', NULLIF(t.typsend::regproc::text, '-')],
        ['TYPMOD_IN', NULLIF(t.typmodin::regproc::text, '-')],
        ['TYPMOD_OUT', NULLIF(t.typmodout::regproc::text, '-')],
        ['ANALYZE', NULLIF(t.typanalyze::regproc::text, '-')],
        ['SUBSCRIPT', NULLIF(NULLIF(t.typsubscript::regproc::text, '-'), 'array_subscript_handler')], --[14-]
        ['INTERNALLENGTH', CASE WHEN t.typlen < 0 THEN 'VARIABLE' ELSE t.typlen::text END],
        ['PASSEDBYVALUE', CASE WHEN t.typbyval THEN '' END],
        ['ALIGNMENT', CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' ELSE 'int4' END],
        ['STORAGE', CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END],
        ['CATEGORY', CASE WHEN t.typcategory <> 'U' THEN quote_literal(t.typcategory::text) END],
        ['PREFERRED', CASE WHEN t.typispreferred THEN 'true' END],
        ['DEFAULT', quote_literal(t.typdefault)],
        ['ELEMENT', CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END],
        ['DELIMITER', CASE WHEN t.typdelim <> ',' THEN quote_literal(t.typdelim::text) END],
        ['COLLATABLE', CASE WHEN t.typcollation <> 0 THEN 'true' END]
    ]) END
FROM pg_type t
WHERE t.typtype IN ('b', 'p') AND t.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
ORDER BY t.oid
