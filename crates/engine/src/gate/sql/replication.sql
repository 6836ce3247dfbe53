-- What the primary knows of those that replicate from it. Without pg_monitor (or pg_read_all_stats) all but the
-- process is NULL: https://www.postgresql.org/docs/current/monitoring-stats.html
SELECT coalesce(jsonb_agg(jsonb_build_object(
    'name', application_name, 'state', state,
    'lag_bytes', pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint,
    'lag_ms', (extract(epoch FROM replay_lag) * 1000)::bigint,
    'logical', EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
) ORDER BY application_name), '[]')
FROM pg_catalog.pg_stat_replication r
