-- A partition's copies of its parent's triggers are of interest where they fire otherwise.
SELECT t.oid, t.tgname, t.tgrelid, pg_get_triggerdef(t.oid), t.tgenabled, t.tgconstraint <> 0,
    NULL --[-12]
    CASE WHEN t.tgparentid <> 0 THEN p.tgenabled END --[13-]
FROM pg_trigger t
LEFT JOIN pg_trigger p ON p.oid = t.tgparentid --[13-]
WHERE t.oid >= 16384 AND (NOT t.tgisinternal
    OR (t.tgparentid <> 0 AND t.tgenabled <> p.tgenabled) --[13-]
)
ORDER BY t.oid
