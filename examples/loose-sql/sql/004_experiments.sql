-- A/B tests. The marketing team's own flags are made here, in case they are not there yet.
CREATE SCHEMA ab;

CREATE TABLE ab.experiment (
    key text PRIMARY KEY,
    hypothesis text NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    CHECK (ended_at > started_at)
);

CREATE TABLE ab.variant (
    experiment text NOT NULL REFERENCES ab.experiment (key),
    name text NOT NULL,
    share numeric(4, 3) NOT NULL CHECK (share BETWEEN 0 AND 1),
    PRIMARY KEY (experiment, name)
);

CREATE TABLE ab.assignment (
    experiment text NOT NULL,
    visitor uuid NOT NULL,
    variant text NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (experiment, visitor),
    FOREIGN KEY (experiment, variant) REFERENCES ab.variant (experiment, name)
);

CREATE TABLE IF NOT EXISTS feature_flag (
    key text PRIMARY KEY,
    enabled boolean NOT NULL DEFAULT false,
    experiment text REFERENCES ab.experiment (key)
);

INSERT INTO ab.experiment (key, hypothesis) VALUES ('big-buttons', 'People find big buttons sooner');
INSERT INTO ab.variant (experiment, name, share) VALUES
    ('big-buttons', 'control', 0.5),
    ('big-buttons', 'big', 0.5);
