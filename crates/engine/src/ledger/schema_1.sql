-- The ledger, format 1. Made in one transaction in the target database.
-- No foreign keys to cutover.run: every revision of a replayed history would pay for the check, and
-- only Cutover writes here.
CREATE SCHEMA IF NOT EXISTS cutover;
COMMENT ON SCHEMA cutover IS 'Ledger of Cutover: which revisions are applied, and how they got here';

CREATE TABLE cutover.ledger (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    format integer NOT NULL,
    written_by text NOT NULL
);

CREATE TABLE cutover.run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command text NOT NULL,
    target text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'failed')),
    run_by text NOT NULL,
    database_user text NOT NULL DEFAULT session_user,
    tool_version text NOT NULL
);

CREATE TABLE cutover.revision (
    id text PRIMARY KEY,
    message text NOT NULL,
    checksum text NOT NULL,
    content_hash text NOT NULL,
    how text NOT NULL CHECK (how IN ('upgrade', 'stamp')),
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration_ms bigint NOT NULL,
    run bigint NOT NULL,
    applied_by text NOT NULL,
    tool_version text NOT NULL
);

-- The journal: every step that ran, in either direction. Rows with open = true belong to a
-- revision that is half done.
CREATE TABLE cutover.step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    revision text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
    ordinal integer NOT NULL,
    steps integer NOT NULL,
    kind text NOT NULL,
    checksum text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done')),
    open boolean NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    evidence text
);
CREATE UNIQUE INDEX step_open ON cutover.step (revision, ordinal) WHERE open;

INSERT INTO cutover.ledger (format, written_by) VALUES (1, 'cutover');
