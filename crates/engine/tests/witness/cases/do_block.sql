-- setup
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);
INSERT INTO t SELECT g, g % 100, repeat('x', 40) FROM generate_series(1, 5000) g;
CREATE TABLE o (id bigint PRIMARY KEY, a int);
INSERT INTO o SELECT g, g FROM generate_series(1, 5000) g;
CREATE PROCEDURE pr(n int) LANGUAGE plpgsql AS 'BEGIN UPDATE o SET a = n WHERE id = 1; END';
ANALYZE;

-- case: DO nothing
-- statement
DO $$ BEGIN END $$;

-- case: DO that alters a table
-- statement
DO $$ BEGIN ALTER TABLE t ADD COLUMN z int; END $$;

-- case: DO that alters a table if a column is not there
-- statement
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a') THEN
        ALTER TABLE t ADD COLUMN a int;
    END IF;
END $$;

-- case: DO that swallows an error
-- statement
DO $$ BEGIN
    ALTER TABLE t ADD COLUMN a int;
EXCEPTION WHEN duplicate_column THEN NULL;
END $$;

-- case: DO that makes SQL
-- statement
DO $$ BEGIN EXECUTE format('ALTER TABLE %I RENAME TO %I', 't', 'z'); END $$;

-- case: DO that loops over rows
-- statement
DO $$ DECLARE r record; BEGIN
    FOR r IN SELECT id FROM t WHERE id < 5 LOOP
        UPDATE o SET a = 1 WHERE id = r.id;
    END LOOP;
END $$;

-- case: DO that performs a function
-- statement
DO $$ BEGIN PERFORM count(*) FROM t; END $$;

-- case: DO that calls
-- statement
DO $$ BEGIN CALL pr(5); END $$;

-- case: DO that makes a type unless it is there
-- statement
DO $$ BEGIN
    CREATE TYPE mood AS ENUM ('sad');
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

-- case: DO that drops a table if it is there
-- statement
DO $$ BEGIN
    IF to_regclass('o') IS NOT NULL THEN DROP TABLE o; END IF;
END $$;

-- case: DO that locks a table and undoes it
-- statement
DO $$ BEGIN
    BEGIN
        LOCK TABLE o;
        RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
END $$;
