-- The ledger, format 2: what rollouts need. Made in one transaction.

-- What a person said, or evidence showed, that a revision waits for: a deploy (at the ordinal of its step), or that its
-- gates are passed over (ordinal 0). Rows with open = true belong to a run of the revision that is still to come or at work.
CREATE TABLE cutover.acknowledgement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
    ordinal integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('person', 'evidence', 'override')),
    given_by text NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    database_user text NOT NULL DEFAULT session_user,
    open boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX acknowledgement_open ON cutover.acknowledgement (revision, direction, ordinal) WHERE open;

-- Backfills that have begun and are not done. A person at another terminal writes paused, paused_by, note_of_pause,
-- rows_per_second and percent (of the time at work); the runner writes the rest. When the step is done, its row in cutover.step says what it was.
CREATE TABLE cutover.backfill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    revision text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
    ordinal integer NOT NULL,
    table_name text NOT NULL,
    key text[] NOT NULL,
    statement text NOT NULL,
    rows_expected bigint NOT NULL,
    pass integer NOT NULL DEFAULT 1,
    changed_before bigint,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    paused boolean NOT NULL DEFAULT false,
    paused_by text,
    note_of_pause text,
    rows_per_second bigint CHECK (rows_per_second > 0),
    percent integer CHECK (percent BETWEEN 1 AND 99),
    state text NOT NULL DEFAULT '',
    state_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (revision, direction, ordinal)
);

-- Where each range of a backfill is: everything up to and with "cursor" is done. For a walk by ctid the values are blocks,
-- and the end is not part of the range. Written with each batch, in its transaction; the pages have room for that.
CREATE TABLE cutover.backfill_range (
    backfill bigint NOT NULL REFERENCES cutover.backfill ON DELETE CASCADE,
    part integer NOT NULL,
    run bigint NOT NULL,
    after_key text[],
    upto_key text[] NOT NULL,
    cursor text[],
    done boolean NOT NULL DEFAULT false,
    seen bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    changed_in_pass bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    wal_bytes bigint NOT NULL DEFAULT 0,
    busy_ms bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (backfill, part)
) WITH (fillfactor = 20);

-- What a node (the primary or a replica) said of the use of something, and from when to when it said the same: the evidence
-- for "unused ... for ...". The facts are described in docs/gates.md.
CREATE TABLE cutover.evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target text NOT NULL,
    node text NOT NULL,
    seen_from timestamptz NOT NULL,
    seen_to timestamptz NOT NULL,
    facts jsonb NOT NULL
);
CREATE INDEX evidence_of ON cutover.evidence (target, node, seen_to);

-- What is watched, and what Cutover itself did to it, so that its own reads are not taken for somebody's.
CREATE TABLE cutover.watched (
    target text PRIMARY KEY,
    oids oid[] NOT NULL
);
CREATE TABLE cutover.own_use (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target text NOT NULL,
    reads bigint NOT NULL,
    writes bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

UPDATE cutover.ledger SET format = 2;
