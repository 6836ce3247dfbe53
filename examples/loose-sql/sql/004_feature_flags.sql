CREATE TABLE IF NOT EXISTS feature_flag (
    key text PRIMARY KEY,
    rollout_percent integer NOT NULL DEFAULT 0 CHECK (rollout_percent BETWEEN 0 AND 100),
    owner text NOT NULL DEFAULT 'nobody'
);

INSERT INTO feature_flag (key) VALUES ('new-checkout'), ('dark-mode');
