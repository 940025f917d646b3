-- Truncation, differences, construction and arithmetic of dates and times.

-- name: truncation of dates
SELECT id, DATE(DATE_TRUNC(day, YEAR)) AS y, DATE(DATE_TRUNC(day, QUARTER)) AS q, DATE(DATE_TRUNC(day, MONTH)) AS m
FROM shop.moments ORDER BY id;

-- name: truncated dates are dates
SELECT id, DATE_TRUNC(day, MONTH) AS m FROM shop.moments ORDER BY id;

-- name: weeks
SELECT id, DATE(DATE_TRUNC(day, WEEK)) AS w FROM shop.moments ORDER BY id;

-- name: weeks from Sunday
SELECT id, DATE(DATE_TRUNC(day, WEEK(SUNDAY))) AS w FROM shop.moments ORDER BY id;

-- name: weeks from any day
SELECT id, DATE(DATE_TRUNC(day, WEEK(MONDAY))) AS mo, DATE(DATE_TRUNC(day, WEEK(WEDNESDAY))) AS we, DATE(DATE_TRUNC(day, WEEK(SATURDAY))) AS sa
FROM shop.moments ORDER BY id;

-- name: weeks of ISO
SELECT id, DATE_TRUNC(day, ISOWEEK) AS iso FROM shop.moments ORDER BY id;

-- name: years of ISO
SELECT id, DATE(DATE_TRUNC(day, ISOYEAR)) AS y FROM shop.moments ORDER BY id;

-- name: truncation of timestamps
SELECT id, TIMESTAMP_TRUNC(moment, HOUR) AS h, TIMESTAMP_TRUNC(moment, DAY) AS d, TIMESTAMP_TRUNC(moment, MONTH) AS m
FROM shop.moments ORDER BY id;

-- name: weeks of timestamps
SELECT id, TIMESTAMP_TRUNC(moment, WEEK(MONDAY)) AS w FROM shop.moments ORDER BY id;

-- name: truncation of timestamps in a zone
SELECT id, TIMESTAMP_TRUNC(moment, DAY, 'Europe/Oslo') AS d FROM shop.moments WHERE moment > TIMESTAMP '2000-01-01 00:00:00+00' ORDER BY id;

-- name: truncation of datetimes and times
SELECT id, DATETIME_TRUNC(local, MONTH) AS m, DATETIME_TRUNC(local, MINUTE) AS mi, TIME_TRUNC(clock, HOUR) AS h
FROM shop.moments ORDER BY id;

-- name: differences of dates
SELECT id, DATE_DIFF(day, DATE '2023-12-31', DAY) AS d, DATE_DIFF(day, DATE '2023-12-31', MONTH) AS m,
    DATE_DIFF(day, DATE '2023-12-31', QUARTER) AS q, DATE_DIFF(day, DATE '2023-12-31', YEAR) AS y
FROM shop.moments ORDER BY id;

-- name: differences in weeks
SELECT id, DATE_DIFF(day, DATE '2024-01-01', WEEK) AS w FROM shop.moments ORDER BY id;

-- name: differences in weeks of ISO
SELECT id, DATE_DIFF(day, DATE '2024-01-01', ISOWEEK) AS i, DATE_DIFF(day, DATE '2024-01-01', WEEK(MONDAY)) AS m
FROM shop.moments ORDER BY id;

-- name: differences of timestamps
SELECT id, TIMESTAMP_DIFF(moment, TIMESTAMP '2024-01-01 12:30:00+00', MICROSECOND) AS us,
    TIMESTAMP_DIFF(TIMESTAMP_TRUNC(moment, SECOND), TIMESTAMP '2024-01-01 12:30:00+00', SECOND) AS s,
    TIMESTAMP_DIFF(TIMESTAMP_TRUNC(moment, HOUR), TIMESTAMP '2024-01-01 12:00:00+00', HOUR) AS h,
    TIMESTAMP_DIFF(TIMESTAMP_TRUNC(moment, DAY), TIMESTAMP '2024-01-01 00:00:00+00', DAY) AS d
FROM shop.moments ORDER BY id;

-- name: differences of timestamps in whole units
SELECT id, TIMESTAMP_DIFF(moment, TIMESTAMP '2024-01-01 12:30:00+00', DAY) AS d, TIMESTAMP_DIFF(moment, TIMESTAMP '2024-01-01 12:30:00+00', HOUR) AS h
FROM shop.moments ORDER BY id;

-- name: differences of datetimes
SELECT id, DATETIME_DIFF(local, DATETIME '2024-01-01 12:30:00', DAY) AS d, DATETIME_DIFF(local, DATETIME '2024-01-01 12:30:00', MONTH) AS m
FROM shop.moments ORDER BY id;

-- name: adding to dates
SELECT id, DATE_ADD(day, INTERVAL 1 MONTH) AS m, DATE_ADD(day, INTERVAL step DAY) AS d, DATE_SUB(day, INTERVAL 1 YEAR) AS y,
    DATE_SUB(day, INTERVAL 2 WEEK) AS w
FROM shop.moments ORDER BY id;

-- name: adding to timestamps
SELECT id, TIMESTAMP_ADD(moment, INTERVAL 90 MINUTE) AS m, TIMESTAMP_SUB(moment, INTERVAL 1 DAY) AS d, moment + INTERVAL 1 HOUR AS h
FROM shop.moments ORDER BY id;

-- name: adding to datetimes
SELECT id, DATETIME_ADD(local, INTERVAL 1 QUARTER) AS q, DATETIME_SUB(local, INTERVAL 10 SECOND) AS s, DATETIME_ADD(local, INTERVAL 1 YEAR) AS y
FROM shop.moments ORDER BY id;

-- name: parts
SELECT id, EXTRACT(YEAR FROM day) AS y, EXTRACT(QUARTER FROM day) AS q, EXTRACT(MONTH FROM day) AS m, EXTRACT(DAY FROM day) AS d,
    EXTRACT(DAYOFYEAR FROM day) AS doy, EXTRACT(HOUR FROM moment) AS h
FROM shop.moments ORDER BY id;

-- name: days of the week and weeks
SELECT id, EXTRACT(DAYOFWEEK FROM day) AS w, EXTRACT(ISOWEEK FROM day) AS i, EXTRACT(ISOYEAR FROM day) AS y FROM shop.moments ORDER BY id;

-- name: parts in a zone
SELECT id, EXTRACT(HOUR FROM moment AT TIME ZONE 'Asia/Kolkata') AS h, EXTRACT(DATE FROM moment) AS d FROM shop.moments ORDER BY id;

-- name: last days
SELECT id, LAST_DAY(day) AS m, LAST_DAY(day, QUARTER) AS q, LAST_DAY(day, YEAR) AS y FROM shop.moments ORDER BY id;

-- name: dates from parts and back
SELECT id, DATE(2024, 2, 28 + 1) AS d, DATE(moment) AS dm, DATE(moment, 'America/New_York') AS dz, DATE(local) AS dl
FROM shop.moments WHERE moment > TIMESTAMP '2000-01-01 00:00:00+00' ORDER BY id;

-- name: datetimes and timestamps
SELECT id, DATETIME(moment, 'Europe/Oslo') AS o, TIMESTAMP(local, 'America/New_York') AS n, DATETIME(day, clock) AS d, TIMESTAMP(day) AS t,
    DATETIME(2024, 2, 29, 1, 2, 3) AS p
FROM shop.moments WHERE moment > TIMESTAMP '2000-01-01 00:00:00+00' ORDER BY id;

-- name: times
SELECT id, TIME(12, 30, 15) AS t, TIME(local) AS l FROM shop.moments ORDER BY id;

-- name: numbers of seconds and days
SELECT id, UNIX_SECONDS(TIMESTAMP_TRUNC(moment, SECOND)) AS s, UNIX_MILLIS(TIMESTAMP_TRUNC(moment, MILLISECOND)) AS ms,
    UNIX_MICROS(moment) AS us, UNIX_DATE(day) AS d
FROM shop.moments ORDER BY id;

-- name: begun seconds
SELECT id, UNIX_SECONDS(moment) AS s, UNIX_MILLIS(moment) AS ms FROM shop.moments ORDER BY id;

-- name: from numbers of seconds and days
SELECT id, TIMESTAMP_SECONDS(id * 100000000) AS s, TIMESTAMP_MILLIS(id * 1234567) AS ms, TIMESTAMP_MICROS(id * 1234567) AS us,
    DATE_FROM_UNIX_DATE(id * 100) AS d
FROM shop.moments ORDER BY id;

-- name: group by month
SELECT TIMESTAMP_TRUNC(placed, MONTH) AS month, COUNT(*) AS n, SUM(price) AS p FROM shop.orders GROUP BY month ORDER BY month;

-- name: dates in a list of days
SELECT day, COUNT(id) AS n FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2024-02-25', DATE '2024-03-05')) AS day
LEFT JOIN shop.orders ON due = day GROUP BY day ORDER BY day;

-- name: conditions on days
SELECT id FROM shop.orders WHERE due BETWEEN DATE '2024-02-01' AND DATE_ADD(DATE '2024-02-01', INTERVAL 2 MONTH)
    AND EXTRACT(DAYOFWEEK FROM due) IN (1, 7) ORDER BY id;

-- name: ages in years
SELECT id, DATE_DIFF(DATE '2026-11-23', birth, YEAR) - IF(FORMAT_DATE('%m%d', birth) > '1123', 1, 0) AS age FROM shop.customers ORDER BY id;

-- name: intervals as values
SELECT id, TIMESTAMP_SUB(placed, INTERVAL quantity HOUR) AS t, DATE_ADD(due, INTERVAL quantity * 7 DAY) AS d FROM shop.orders ORDER BY id;

-- name: running days
SELECT due, SUM(COUNT(*)) OVER (ORDER BY due) AS n FROM shop.orders WHERE due IS NOT NULL GROUP BY due ORDER BY due;

-- name: moments as text
SELECT id, CAST(moment AS STRING) AS m, CAST(local AS STRING) AS l FROM shop.moments ORDER BY id;
