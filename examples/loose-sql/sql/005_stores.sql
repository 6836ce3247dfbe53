BEGIN;
CREATE TABLE shop.store (
    id integer PRIMARY KEY,
    name text NOT NULL,
    region_id integer
);
COMMIT;

CREATE EXTENSION IF NOT EXISTS postgis;
ALTER TABLE shop.store ADD COLUMN location geometry(Point, 4326);
CREATE INDEX store_location ON shop.store USING gist (location);

-- nobody has written the file 003 that was to create it
ALTER TABLE shop.store ADD CONSTRAINT store_region FOREIGN KEY (region_id) REFERENCES shop.region (id);

ALTER TABLE shop.store ADD COLUMN opened_on date;
