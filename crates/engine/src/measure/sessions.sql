-- Transactions that have been open for a while: a strong lock waits for them, and everybody behind it.
SELECT pid, coalesce(usename, '')::text, coalesce(application_name, ''), coalesce(state, ''),
       (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::float8,
       left(regexp_replace(coalesce(query, ''), '\s+', ' ', 'g'), 120)
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND xact_start < clock_timestamp() - interval '1 second'
ORDER BY xact_start LIMIT 10
