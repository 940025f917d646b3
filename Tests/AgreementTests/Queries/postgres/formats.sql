-- Patterns of dates and times.

-- name: a date by numbers
SELECT id, to_char(day, 'YYYY-MM-DD') AS iso, to_char(day, 'DD.MM.YYYY') AS german, to_char(day, 'yyyymmdd') AS digits
FROM shop.moments ORDER BY id;

-- name: a date by words
SELECT id, to_char(day, 'FMDay, DD FMMonth YYYY') AS long, to_char(day, 'Dy DD Mon YY') AS short
FROM shop.moments ORDER BY id;

-- name: a time
SELECT id, to_char(local, 'HH24:MI:SS') AS t, to_char(local, 'YYYY-MM-DD"T"HH24:MI') AS iso, to_char(local, 'HH12:MI AM') AS twelve
FROM shop.moments ORDER BY id;

-- name: a moment
SELECT id, to_char(moment, 'YYYY-MM-DD HH24:MI:SS') AS t FROM shop.moments ORDER BY id;

-- name: the day of the year and the week of ISO
SELECT id, to_char(day, 'DDD') AS doy, to_char(day, 'IYYY-"W"IW') AS week, to_char(day, 'ID') AS weekday
FROM shop.moments ORDER BY id;

-- name: the quarter
SELECT id, to_char(day, 'YYYY"-Q"Q') AS quarter FROM shop.moments ORDER BY id;

-- name: milliseconds
SELECT id, to_char(local, 'HH24:MI:SS.MS') AS ms, to_char(local, 'HH24:MI:SS.US') AS us FROM shop.moments ORDER BY id;

-- name: text with a percent sign and quotes
SELECT id, to_char(day, '"100% of "YYYY') AS t FROM shop.moments ORDER BY id;

-- name: reading a date
SELECT id, to_date(word, 'DD/MM/YYYY') AS d FROM shop.words WHERE word = '23/11/2026' ORDER BY id;

-- name: reading a moment
SELECT id, to_timestamp(word || ' 10:20:30', 'YYYY-MM-DD HH24:MI:SS') AS t FROM shop.words WHERE word = '2026-11-23';
