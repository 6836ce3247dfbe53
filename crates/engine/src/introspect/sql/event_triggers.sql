SELECT e.oid, e.evtname, e.evtowner, e.evtevent, to_json(e.evttags), e.evtfoid::regproc, e.evtenabled
FROM pg_event_trigger e
WHERE e.oid >= 16384
ORDER BY e.oid
