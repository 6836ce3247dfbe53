--@ revision 0009
--@ revises 0006
--@ branch reporting
--@ depends 0007

-- Reports, on a branch of their own
--
-- It needs the notifications of 0007 without building on them.

--@ upgrade

CREATE SCHEMA report;
CREATE TABLE report.daily (
    day date NOT NULL,
    business_id bigint NOT NULL REFERENCES businesses ON DELETE CASCADE,
    opened integer NOT NULL CHECK (opened >= 0),
    closed integer NOT NULL CHECK (closed >= 0),
    notified integer NOT NULL DEFAULT 0,
    PRIMARY KEY (day, business_id)
);
CREATE INDEX daily_business_idx ON report.daily (business_id, day DESC) INCLUDE (opened, closed);
CREATE MATERIALIZED VIEW report.unread AS
SELECT user_id, count(*) AS unread FROM notifications WHERE read_at IS NULL GROUP BY user_id;
CREATE UNIQUE INDEX unread_user_idx ON report.unread (user_id);

--@ downgrade

DROP MATERIALIZED VIEW report.unread;
DROP TABLE report.daily;
DROP SCHEMA report;
