-- What a node says of its own statistics. After a crash all of them begin anew, and both of the shared ones say so; one alone
-- was reset by hand, which leaves the counters of tables alone.
-- https://www.postgresql.org/docs/current/monitoring-stats.html
SELECT jsonb_build_object(
    'since', (extract(epoch FROM greatest(
        (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = current_database()),
        least((SELECT stats_reset FROM pg_catalog.pg_stat_bgwriter), (SELECT stats_reset FROM pg_catalog.pg_stat_archiver))
    )) * 1000000)::bigint,
    'crash', (extract(epoch FROM
        least((SELECT stats_reset FROM pg_catalog.pg_stat_bgwriter), (SELECT stats_reset FROM pg_catalog.pg_stat_archiver))
    ) * 1000000)::bigint,
    'start', (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint,
    'version', current_setting('server_version_num')::int,
    'database', (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()),
    'track_counts', current_setting('track_counts') = 'on',
    'track_functions', current_setting('track_functions'),
    'statements', (SELECT n.nspname FROM pg_catalog.pg_extension e
                   JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'),
    'track', current_setting('pg_stat_statements.track', true),
    'track_utility', current_setting('pg_stat_statements.track_utility', true),
    'save', current_setting('pg_stat_statements.save', true),
    'own_settings', EXISTS (SELECT FROM pg_catalog.pg_db_role_setting WHERE setconfig::text ~ 'pg_stat_statements\.track|track_counts|track_functions')
)
