--@ revision 0012
--@ revises 0006
--@ branch fuzzy

-- Fuzzy search for names, on a branch of its own
--
-- Needs the extension pg_trgm, which comes with PostgreSQL's contrib modules.

--@ upgrade

CREATE EXTENSION pg_trgm;
CREATE INDEX CONCURRENTLY users_name_trgm_idx ON users USING gin (name gin_trgm_ops);

--@ downgrade

DROP INDEX CONCURRENTLY users_name_trgm_idx;
DROP EXTENSION pg_trgm;
