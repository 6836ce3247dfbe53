SELECT 'parser', p.oid, p.prsname, p.prsnamespace, NULL::oid, NULL,
    to_json(ARRAY[['START', p.prsstart::text], ['GETTOKEN', p.prstoken::text], ['END', p.prsend::text],
        ['HEADLINE', NULLIF(p.prsheadline::text, '-')], ['LEXTYPES', p.prslextype::text]]), NULL
FROM pg_ts_parser p WHERE p.oid >= 16384
UNION ALL
SELECT 'template', t.oid, t.tmplname, t.tmplnamespace, NULL, NULL,
    to_json(ARRAY[['INIT', NULLIF(t.tmplinit::text, '-')], ['LEXIZE', t.tmpllexize::text]]), NULL
FROM pg_ts_template t WHERE t.oid >= 16384
UNION ALL
SELECT 'dictionary', d.oid, d.dictname, d.dictnamespace, d.dictowner,
    (SELECT quote_ident(n.nspname) || '.' || quote_ident(t.tmplname)
    FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate),
    NULL, d.dictinitoption
FROM pg_ts_dict d WHERE d.oid >= 16384
UNION ALL
SELECT 'configuration', c.oid, c.cfgname, c.cfgnamespace, c.cfgowner,
    (SELECT quote_ident(n.nspname) || '.' || quote_ident(p.prsname)
    FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace WHERE p.oid = c.cfgparser),
    (SELECT json_agg(ARRAY[m.alias, m.dictionaries] ORDER BY m.alias) FROM (
        SELECT t.alias, string_agg(quote_ident(n.nspname) || '.' || quote_ident(d.dictname), ', ' ORDER BY m.mapseqno)
            AS dictionaries
        FROM pg_ts_config_map m
        JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
        JOIN pg_ts_dict d ON d.oid = m.mapdict
        JOIN pg_namespace n ON n.oid = d.dictnamespace
        WHERE m.mapcfg = c.oid GROUP BY t.alias) m),
    NULL
FROM pg_ts_config c WHERE c.oid >= 16384
