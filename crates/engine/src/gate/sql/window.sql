-- The window's openings from a day before to eight days after, each as a local time that PostgreSQL brings to a moment.
WITH clock AS (
    SELECT :now AS now, :now AT TIME ZONE :zone AS here
), opening AS (
    SELECT (day + make_interval(mins => :from)) AT TIME ZONE :zone AS opens,
           (day + make_interval(mins => :until)
                + CASE WHEN :until <= :from THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE :zone AS closes
    FROM clock, LATERAL generate_series(here::date - interval '1 day', here::date + interval '8 days', interval '1 day') AS day
    WHERE extract(isodow FROM day)::int = ANY (:days)
), current AS (
    SELECT max(closes) AS closes FROM opening, clock WHERE opens <= now AND now < closes
), next AS (
    SELECT min(opens) AS opens FROM opening, clock WHERE opens > now
)
SELECT to_char(here, 'Dy YYYY-MM-DD HH24:MI'),
       closes IS NOT NULL,
       to_char(opens AT TIME ZONE :zone, 'Dy YYYY-MM-DD HH24:MI'),
       to_char(opens AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(closes AT TIME ZONE :zone, 'Dy YYYY-MM-DD HH24:MI')
FROM clock, current, next
