-- Truncation, differences, construction and arithmetic of dates and times.

-- name: truncation of moments
SELECT id, date_trunc('year', moment) AS y, date_trunc('quarter', moment) AS q, date_trunc('month', moment) AS m,
    date_trunc('day', moment) AS d, date_trunc('hour', moment) AS h, date_trunc('minute', moment) AS mi,
    date_trunc('second', moment) AS s
FROM shop.moments ORDER BY id;

-- name: weeks begin on Monday
SELECT id, date_trunc('week', day)::date - DATE '2024-01-01' AS days FROM shop.moments ORDER BY id;

-- name: weeks of moments
SELECT id, date_trunc('week', moment) AS w, date_trunc('week', local) AS wl FROM shop.moments ORDER BY id;

-- name: truncation of times without zone
SELECT id, date_trunc('month', local) AS m, date_trunc('hour', local) AS h FROM shop.moments ORDER BY id;

-- name: truncation of dates, as dates
SELECT id, date_trunc('month', day)::date AS m, date_trunc('quarter', day)::date AS q FROM shop.moments ORDER BY id;

-- name: days since the start of the month
SELECT id, day - date_trunc('month', day)::date AS m, day - date_trunc('quarter', day)::date AS q, day - date_trunc('year', day)::date AS y
FROM shop.moments ORDER BY id;

-- name: truncation of dates gives moments
SELECT id, date_trunc('month', day) AS m FROM shop.moments ORDER BY id;

-- name: truncation in a zone
SELECT id, date_trunc('day', moment, 'America/New_York') AS d FROM shop.moments WHERE moment > '2000-01-01' ORDER BY id;

-- name: group by month
SELECT date_trunc('month', placed) AS month, count(*) AS orders, sum(quantity) AS quantity
FROM shop.orders GROUP BY 1 ORDER BY 1;

-- name: days between dates
SELECT id, day - DATE '2024-01-01' AS days FROM shop.moments ORDER BY id;

-- name: dates and days
SELECT id, day + 1 AS next, day - 7 AS before, day + step::int AS stepped FROM shop.moments ORDER BY id;

-- name: dates and intervals
SELECT id, day + INTERVAL '1 month' AS m, day - INTERVAL '1 year' AS y, day + INTERVAL '36 hours' AS h
FROM shop.moments ORDER BY id;

-- name: times and intervals
SELECT id, local + INTERVAL '1 month' AS m, local - INTERVAL '90 minutes' AS n, local + INTERVAL '2 weeks' AS w
FROM shop.moments ORDER BY id;

-- name: moments and intervals
SELECT id, moment + INTERVAL '3 days' AS d, moment - INTERVAL '1 hour' AS h, moment + INTERVAL '15 seconds' AS s
FROM shop.moments ORDER BY id;

-- name: months from the end of a month
SELECT id, (day + INTERVAL '1 month')::date AS next_month, (day - INTERVAL '1 month')::date AS last_month
FROM shop.moments ORDER BY id;

-- name: parts of dates
SELECT id, extract(year FROM day) AS y, extract(quarter FROM day) AS q, extract(month FROM day) AS m,
    extract(day FROM day) AS d, extract(doy FROM day) AS doy
FROM shop.moments ORDER BY id;

-- name: days of the week by both counts
SELECT id, extract(dow FROM day) AS dow, extract(isodow FROM day) AS isodow FROM shop.moments ORDER BY id;

-- name: weeks and years of ISO
SELECT id, extract(week FROM day) AS week, extract(isoyear FROM day) AS isoyear FROM shop.moments ORDER BY id;

-- name: parts of times
SELECT id, extract(hour FROM local) AS h, extract(minute FROM local) AS m, extract(hour FROM moment) AS mh
FROM shop.moments ORDER BY id;

-- name: seconds since 1970
SELECT id, floor(extract(epoch FROM moment)) AS seconds FROM shop.moments ORDER BY id;

-- name: date_part
SELECT id, date_part('year', moment) AS y, date_part('month', moment) AS m, date_part('dow', moment) AS d
FROM shop.moments ORDER BY id;

-- name: the clock in another zone
SELECT id, moment AT TIME ZONE 'Europe/Oslo' AS oslo, local AT TIME ZONE 'America/New_York' AS york
FROM shop.moments WHERE moment > '2000-01-01' ORDER BY id;

-- name: the day in another zone
SELECT (placed AT TIME ZONE 'Asia/Kolkata')::date AS day, count(*) AS n FROM shop.orders GROUP BY 1 ORDER BY 1;

-- name: dates from their parts
SELECT id, make_date(2020 + step::int, 2, 28) AS d, make_timestamp(2024, 2, 29, 12, 30, 15) AS t
FROM shop.moments ORDER BY id;

-- name: moments from seconds
SELECT id, to_timestamp(id * 1000000) AS t FROM shop.moments ORDER BY id;

-- name: moments since another
SELECT id, moment < TIMESTAMPTZ '2020-01-01 00:00:00+00' AS early, greatest(moment, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS late
FROM shop.moments ORDER BY id;

-- name: bins of a quarter of an hour
SELECT id, date_bin(INTERVAL '15 minutes', moment, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bin
FROM shop.moments ORDER BY id;

-- name: truncation of a truncation
SELECT date_trunc('year', date_trunc('month', moment)) AS y, count(*) AS n FROM shop.moments GROUP BY 1 ORDER BY 1;

-- name: periods
SELECT id FROM shop.orders WHERE placed >= TIMESTAMPTZ '2024-02-29 00:00:00+00' AND placed < TIMESTAMPTZ '2024-02-29 00:00:00+00' + INTERVAL '3 months'
    AND due BETWEEN DATE '2024-03-01' AND DATE '2024-03-01' + 60 ORDER BY id;

-- name: hours between moments
SELECT id, extract(epoch FROM shipped - placed) / 3600 AS hours FROM shop.orders WHERE shipped IS NOT NULL ORDER BY id;

-- name: intervals of several units
SELECT id, moment + INTERVAL '1 day 2 hours 30 minutes' AS a, local - INTERVAL '1 year 2 months' AS b, day + INTERVAL '1 week' AS c
FROM shop.moments ORDER BY id;

-- name: multiples of intervals
SELECT id, moment + step * INTERVAL '1 hour' AS h, local + step * INTERVAL '1 day' AS d FROM shop.moments ORDER BY id;

-- name: text as dates
SELECT id, due >= '2024-06-01' AS late, due = DATE '2024-02-29' AS leap FROM shop.orders ORDER BY id;

-- name: parts of a difference of moments
SELECT id, extract(day FROM shipped - placed) AS d, extract(hour FROM shipped - placed) AS h,
    extract(minute FROM shipped - placed) AS m, date_part('second', shipped - placed) AS s,
    extract(day FROM placed - shipped) AS back
FROM shop.orders ORDER BY id;

-- name: parts of a difference of local times
SELECT a.id, extract(day FROM a.taken - b.taken) AS d, extract(hour FROM a.taken - b.taken) AS h,
    extract(minute FROM a.taken - b.taken) AS m
FROM shop.readings a JOIN shop.readings b ON b.id = a.id + 7 ORDER BY a.id;

-- name: moments compared with dates
SELECT count(*) FILTER (WHERE placed >= due) AS ge, count(*) FILTER (WHERE due > placed) AS gt,
    count(*) FILTER (WHERE placed BETWEEN due AND due + 30) AS near
FROM shop.orders;

-- name: local times compared with dates and moments
SELECT id, local < day AS before, day = local AS same, moment > local AS ahead FROM shop.moments ORDER BY id;

-- name: moments as text
SELECT id, moment::text AS m, local::text AS l, 'at ' || local AS c FROM shop.moments ORDER BY id;

-- name: texts beside moments
SELECT id, moment + '1 day 2 hours' AS a, '3 hours' + local AS b, local + (INTERVAL '1 hour' - '10 minutes') AS c
FROM shop.moments ORDER BY id;
