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

UPDATE cutover.ledger SET format = 2;
