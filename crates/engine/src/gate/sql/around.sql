-- What a relation is surrounded by: one document. :relation is its oid, :column the number of a column or 0.
WITH RECURSIVE below AS (
    SELECT :relation::oid AS oid
    UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below ON i.inhparent = below.oid
), above AS (
    SELECT i.inhparent AS oid FROM pg_catalog.pg_inherits i WHERE i.inhrelid = :relation
    UNION SELECT i.inhparent FROM pg_catalog.pg_inherits i JOIN above ON i.inhrelid = above.oid
), views AS (
    -- views and materialized views, by the rule that depends on the column, or on the relation as a whole
    SELECT r.ev_class AS oid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND (d.refobjid IN (SELECT oid FROM below UNION ALL SELECT oid FROM above))
      AND (:column = 0 OR d.refobjid <> :relation OR d.refobjsubid IN (0, :column)) AND r.ev_class <> d.refobjid
    UNION
    -- tables whose row security looks at it
    SELECT p.polrelid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_policy p ON p.oid = d.objid
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid IN (SELECT oid FROM below) AND p.polrelid <> :relation
      AND (:column = 0 OR d.refobjid <> :relation OR d.refobjsubid IN (0, :column))
    UNION
    SELECT r.ev_class FROM views
    JOIN pg_catalog.pg_depend d ON d.refobjid = views.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    WHERE r.ev_class <> d.refobjid
), named AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
)
SELECT jsonb_build_object(
    'below', (SELECT coalesce(jsonb_agg(oid::bigint ORDER BY oid), '[]') FROM below),
    'carriers', (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(nspname, relname)), '[]') FROM named
                 WHERE (oid IN (SELECT oid FROM above UNION ALL SELECT oid FROM views)
                        OR (oid IN (SELECT oid FROM below) AND oid <> :relation))),
    'same_column', (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(nspname, relname)), '[]') FROM named
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = named.oid AND NOT a.attisdropped
                      AND a.attname = (SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = :relation AND attnum = :column)
                    -- of two of a name nobody knows which one a text means
                    WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
                      AND NOT EXISTS (SELECT FROM named AS other WHERE other.relname = named.relname AND other.oid <> named.oid)),
    'place', (SELECT count(*) FROM pg_catalog.pg_attribute
              WHERE attrelid = :relation AND attnum BETWEEN 1 AND :column - 1 AND NOT attisdropped),
    'hidden', (SELECT coalesce(jsonb_agg(what ORDER BY what), '[]') FROM (
        SELECT format('foreign key %I of %s', conname, conrelid::regclass) AS what FROM pg_catalog.pg_constraint
        WHERE contype = 'f' AND conparentid = 0
          AND (conrelid IN (SELECT oid FROM below) OR confrelid IN (SELECT oid FROM below))) f)
)
