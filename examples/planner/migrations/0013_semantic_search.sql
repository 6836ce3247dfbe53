--@ revision 0013
--@ revises 0006
--@ branch search

-- Semantic search, on a branch of its own
--
-- Needs the extension pgvector, which not every server has. The vectors stand in a table of their
-- own, so that tasks keeps its columns.

--@ upgrade

CREATE EXTENSION vector;
CREATE TABLE task_embeddings (
    task_id bigint PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
    embedding vector(8) NOT NULL
);
INSERT INTO task_embeddings
SELECT id, array_fill(1.0 / id, ARRAY[8])::vector FROM tasks;
CREATE INDEX CONCURRENTLY task_embeddings_hnsw ON task_embeddings USING hnsw (embedding vector_cosine_ops) WITH (m = 8);

--@ downgrade

DROP INDEX CONCURRENTLY task_embeddings_hnsw;
DROP TABLE task_embeddings;
DROP EXTENSION vector;
