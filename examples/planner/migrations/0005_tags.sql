--@ revision 0005
--@ revises 0004

-- Tags

--@ upgrade

CREATE TABLE tags (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_id bigint NOT NULL REFERENCES businesses ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    color char(7) NOT NULL DEFAULT '#888888' CHECK (color ~ '^#[0-9a-f]{6}$'),
    CONSTRAINT tags_name_key UNIQUE (business_id, name)
);

CREATE TABLE task_tags (
    task_id bigint NOT NULL REFERENCES tasks ON DELETE CASCADE,
    tag_id bigint NOT NULL REFERENCES tags ON DELETE CASCADE,
    PRIMARY KEY (task_id, tag_id)
);
CREATE INDEX task_tags_tag_idx ON task_tags (tag_id);

INSERT INTO tags (business_id, name)
SELECT b.id, t.name FROM businesses b CROSS JOIN (VALUES ('urgent'), ('later')) AS t (name);

--@ downgrade

DROP TABLE task_tags;
DROP TABLE tags;
