-- setup
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
ANALYZE;

-- case: SET
-- statement
SET search_path = public;

-- case: SET LOCAL
-- statement
SET LOCAL lock_timeout = '1s';

-- case: SET TRANSACTION
-- statement
SET TRANSACTION READ WRITE;

-- case: SET SESSION CHARACTERISTICS
-- statement
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- case: SET ROLE
-- statement
SET ROLE witness_reader;

-- case: SET SESSION AUTHORIZATION
-- statement
SET SESSION AUTHORIZATION witness_reader;

-- case: SET TIME ZONE
-- statement
SET TIME ZONE 'UTC';

-- case: RESET
-- statement
RESET search_path;

-- case: RESET ALL
-- statement
RESET ALL;

-- case: SHOW
-- statement
SHOW search_path;

-- case: set_config
-- statement
SELECT set_config('app.user', '5', true);

-- case: SAVEPOINT
-- statement
SAVEPOINT z;

-- case: START TRANSACTION within one
-- statement
START TRANSACTION;

-- case: BEGIN
-- alone
-- statement
BEGIN ISOLATION LEVEL REPEATABLE READ;

-- case: COMMIT
-- alone
-- statement
COMMIT;

-- case: ROLLBACK
-- alone
-- statement
ROLLBACK;

-- case: COMMIT PREPARED
BEGIN;
UPDATE t SET a = 1 WHERE id = 1;
PREPARE TRANSACTION 'witness_prepared';
-- alone
-- statement
COMMIT PREPARED 'witness_prepared';

-- case: LISTEN
-- statement
LISTEN z;

-- case: NOTIFY
-- statement
NOTIFY z, 'text';

-- case: UNLISTEN
-- statement
UNLISTEN *;

-- case: DISCARD PLANS
-- statement
DISCARD PLANS;

-- case: DISCARD SEQUENCES
-- statement
DISCARD SEQUENCES;

-- case: DISCARD TEMP
-- statement
DISCARD TEMP;

-- case: DISCARD ALL
-- alone
-- statement
DISCARD ALL;

-- case: LOAD
-- statement
LOAD 'plpgsql';

-- case: CREATE DATABASE
-- alone
-- statement
CREATE DATABASE witness_created TEMPLATE template0;

-- case: ALTER DATABASE
CREATE DATABASE witness_altered TEMPLATE template0;
-- alone
-- statement
ALTER DATABASE witness_altered CONNECTION LIMIT 5;

-- case: ALTER DATABASE SET TABLESPACE
CREATE DATABASE witness_moved TEMPLATE template0;
-- alone
-- statement
ALTER DATABASE witness_moved SET TABLESPACE witness_space;

-- case: ALTER DATABASE SET
-- statement
ALTER DATABASE postgres SET work_mem = '5MB';

-- case: ALTER DATABASE RENAME
CREATE DATABASE witness_renamed TEMPLATE template0;
-- statement
ALTER DATABASE witness_renamed RENAME TO witness_renamed_now;

-- case: ALTER DATABASE OWNER
-- statement
ALTER DATABASE postgres OWNER TO CURRENT_USER;

-- case: ALTER DATABASE REFRESH COLLATION VERSION
-- versions: 15-
-- statement
ALTER DATABASE postgres REFRESH COLLATION VERSION;

-- case: DROP DATABASE
-- versions: 13-
CREATE DATABASE witness_dropped TEMPLATE template0;
-- alone
-- statement
DROP DATABASE witness_dropped WITH (FORCE);

-- case: DROP DATABASE IF EXISTS that is not there
-- alone
-- statement
DROP DATABASE IF EXISTS missing;

-- case: CREATE TABLESPACE
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET allow_in_place_tablespaces = on', current_database()); END $$;
-- alone
-- statement
CREATE TABLESPACE witness_created LOCATION '';

-- case: ALTER TABLESPACE SET
-- statement
ALTER TABLESPACE pg_default SET (random_page_cost = 2);

-- case: ALTER TABLESPACE RENAME
-- statement
ALTER TABLESPACE witness_space RENAME TO witness_space_now;

-- case: ALTER TABLESPACE OWNER
-- statement
ALTER TABLESPACE witness_space OWNER TO CURRENT_USER;

-- case: DROP TABLESPACE
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE witness_dropped LOCATION '';
-- alone
-- statement
DROP TABLESPACE witness_dropped;

-- case: ALTER SYSTEM
-- alone
-- statement
ALTER SYSTEM SET work_mem = '5MB';

-- case: ALTER SYSTEM RESET
-- alone
-- statement
ALTER SYSTEM RESET work_mem;

-- case: an advisory lock
-- statement
SELECT pg_advisory_xact_lock(5);

-- case: a large object
-- statement
SELECT lo_from_bytea(0, 'x');

-- case: terminating nobody
-- statement
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = -1;

-- case: a system catalog is changed
-- statement
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_pkey'::regclass;

-- case: a name of a relation is looked up
-- statement
SELECT 't'::regclass;

-- case: pg_stat_reset
-- statement
SELECT pg_stat_reset_single_table_counters('t'::regclass);

-- case: a definition is read
-- statement
SELECT pg_get_indexdef('t_pkey'::regclass), pg_get_viewdef('pg_stat_activity'::regclass);
