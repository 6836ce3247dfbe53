-- Types that come with something else: arrays with their elements, row types with their tables,
-- multiranges with their ranges. What comes with what: an oid of a type or of a table.
SELECT t.typarray, 't', t.oid FROM pg_type t WHERE t.typarray >= 16384
UNION ALL
SELECT t.oid, 'r', t.typrelid FROM pg_type t WHERE t.typrelid >= 16384
UNION ALL --[14-]
SELECT r.rngmultitypid, 't', r.rngtypid FROM pg_range r WHERE r.rngtypid >= 16384 --[14-]
