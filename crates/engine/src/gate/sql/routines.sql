-- Functions of users with their text, and the triggers that call them. Those that Cutover made are told apart by their comment (core/src/rollout/dual).
SELECT jsonb_build_object(
    'functions', coalesce((SELECT jsonb_agg(jsonb_build_object(
            'name', jsonb_build_array(n.nspname, p.proname), 'body', :body,
            'ours', coalesce(obj_description(p.oid, 'pg_proc') LIKE 'Dual write of the rollout %', false) OR n.nspname = 'cutover'))
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_catalog.pg_language l ON l.oid = p.prolang
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal')), '[]'),
    'triggers', coalesce((SELECT jsonb_agg(jsonb_build_object(
            'name', t.tgname, 'table', jsonb_build_array(n.nspname, c.relname),
            'function', jsonb_build_array(fn.nspname, p.proname)))
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
        JOIN pg_catalog.pg_namespace fn ON fn.oid = p.pronamespace
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'), '[]')
)
