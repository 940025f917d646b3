-- Patterns of dates and times.

-- name: dates
SELECT id, FORMAT_DATE('%Y-%m-%d', day) AS iso, FORMAT_DATE('%F', day) AS f, FORMAT_DATE('%d/%m/%y', day) AS short
FROM shop.moments ORDER BY id;

-- name: words
SELECT id, FORMAT_DATE('%A, %d %B %Y', day) AS long, FORMAT_DATE('%a %b %d', day) AS short FROM shop.moments ORDER BY id;

-- name: numbers of days and weeks
SELECT id, FORMAT_DATE('%j', day) AS doy, FORMAT_DATE('%G-W%V', day) AS week, FORMAT_DATE('%u', day) AS weekday FROM shop.moments ORDER BY id;

-- name: timestamps
SELECT id, FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', moment) AS t, FORMAT_TIMESTAMP('%FT%T', moment) AS iso FROM shop.moments ORDER BY id;

-- name: timestamps in a zone
SELECT id, FORMAT_TIMESTAMP('%Y-%m-%d %H:%M', moment, 'America/New_York') AS t FROM shop.moments
WHERE moment > TIMESTAMP '2000-01-01 00:00:00+00' ORDER BY id;

-- name: datetimes and times
SELECT id, FORMAT_DATETIME('%I:%M %p', local) AS t, FORMAT_TIME('%H.%M', clock) AS c FROM shop.moments ORDER BY id;

-- name: text and percent signs
SELECT id, FORMAT_DATE('Year "%Y", 100%%', day) AS q FROM shop.moments ORDER BY id;

-- name: quarters
SELECT id, FORMAT_DATE('Q%Q of %Y', day) AS q FROM shop.moments ORDER BY id;

-- name: reading dates
SELECT id, PARSE_DATE('%d/%m/%Y', word) AS d FROM shop.words WHERE word = '23/11/2026';

-- name: reading timestamps and datetimes
SELECT id, PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S', CONCAT(word, ' 10:20:30')) AS t, PARSE_DATETIME('%Y-%m-%d %H:%M', CONCAT(word, ' 10:20')) AS d
FROM shop.words WHERE word = '2026-11-23';

-- name: timestamps as text
SELECT id, CAST(day AS STRING) AS d, CAST(id AS STRING) AS i FROM shop.moments ORDER BY id;
