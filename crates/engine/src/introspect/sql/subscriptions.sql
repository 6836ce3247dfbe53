-- Only superusers may read where it connects to, and the others may not even name the column. So it is asked for by a
-- text that is run only where it is allowed: ts_stat() runs a query that gives words. Others are told that
-- subscriptions were not compared.
SELECT s.oid, s.subname, s.subowner,
    (SELECT substring(w.word FROM ' (.*)$') FROM ts_stat(CASE
        WHEN has_column_privilege('pg_subscription', 'subconninfo', 'SELECT')
        THEN 'SELECT array_to_tsvector(ARRAY[oid || '' '' || left(subconninfo, 2000)]) FROM pg_catalog.pg_subscription'
        ELSE 'SELECT NULL::tsvector' END) w WHERE w.word LIKE s.oid || ' %'), to_json(s.subpublications), s.subenabled,
    to_json(ARRAY[
        ['slot_name', COALESCE(quote_literal(s.subslotname), 'NONE')],
        ['synchronous_commit', NULLIF(s.subsynccommit, 'off')]
        , ['binary', CASE WHEN s.subbinary THEN 'true' END] --[14-]
        , ['streaming', CASE WHEN s.substream THEN 'true' END] --[14-15]
        , ['streaming', CASE s.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END] --[16-17]
        , ['streaming', CASE s.substream WHEN 'f' THEN 'off' WHEN 't' THEN 'on' END] --[18-]
        , ['two_phase', CASE WHEN s.subtwophasestate <> 'd' THEN 'true' END] --[15-]
        , ['disable_on_error', CASE WHEN s.subdisableonerr THEN 'true' END] --[15-]
        , ['password_required', CASE WHEN NOT s.subpasswordrequired THEN 'false' END] --[16-]
        , ['run_as_owner', CASE WHEN s.subrunasowner THEN 'true' END] --[16-]
        , ['origin', NULLIF(s.suborigin, 'any')] --[16-]
        , ['failover', CASE WHEN s.subfailover THEN 'true' END] --[17-]
    ])
FROM pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
ORDER BY s.oid
