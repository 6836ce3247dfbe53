-- A view's own rule stands for the view.
SELECT r.oid, r.rulename, r.ev_class, CASE WHEN r.rulename <> '_RETURN' THEN pg_get_ruledef(r.oid) END, r.ev_enabled
FROM pg_rewrite r
WHERE r.oid >= 16384
ORDER BY r.oid
