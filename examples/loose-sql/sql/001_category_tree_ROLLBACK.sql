BEGIN;
DROP TABLE shop.product;
DROP TABLE shop.category;
DROP SCHEMA shop;
DROP EXTENSION ltree;
COMMIT;
