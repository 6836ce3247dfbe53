-- Categories as a tree: the path of each is an ltree.
BEGIN;

CREATE EXTENSION IF NOT EXISTS ltree;

CREATE SCHEMA shop;

CREATE TABLE shop.category (
    path ltree PRIMARY KEY,
    name text NOT NULL
);
CREATE INDEX category_path_gist ON shop.category USING gist (path);

CREATE TABLE shop.product (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category ltree NOT NULL REFERENCES shop.category (path),
    name text NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price >= 0)
);

INSERT INTO shop.category (path, name) VALUES
    ('top', 'Everything'),
    ('top.garden', 'Garden'),
    ('top.garden.tools', 'Tools'),
    ('top.kitchen', 'Kitchen');

COMMIT;
