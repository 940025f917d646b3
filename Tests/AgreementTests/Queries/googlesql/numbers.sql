-- Numbers.

-- name: division
SELECT id, delta / 7 AS d, DIV(delta, 7) AS q, MOD(delta, 7) AS r, value / 3 AS v FROM shop.readings ORDER BY id;

-- name: safe division
SELECT id, SAFE_DIVIDE(delta, flags - flags) AS z, SAFE_DIVIDE(value, delta) AS v, SAFE_DIVIDE(level, 4) AS l FROM shop.readings ORDER BY id;

-- name: infinities
SELECT id, IEEE_DIVIDE(delta, 0) AS i, IS_NAN(IEEE_DIVIDE(0, flags - flags)) AS n, IS_INF(IEEE_DIVIDE(1, 0)) AS f FROM shop.readings WHERE delta <> 0 ORDER BY id;

-- name: rounding
SELECT id, ROUND(value) AS r, ROUND(value, 1) AS r1, TRUNC(value) AS t, CEIL(value) AS c, FLOOR(value) AS f FROM shop.readings ORDER BY id;

-- name: rounding decimals
SELECT id, ROUND(level) AS r, ROUND(level, 1) AS r1, TRUNC(level, 1) AS t FROM shop.readings ORDER BY id;

-- name: powers and logarithms
SELECT id, SQRT(flags) AS s, POW(flags, 2) AS p, EXP(delta / 50) AS e, LN(id) AS l, LOG(id) AS g, LOG(id, 2) AS b, LOG10(id) AS t FROM shop.readings ORDER BY id;

-- name: angles
SELECT id, SIN(value) AS s, ATAN2(value, 2) AS a, TANH(value / 100) AS t, ACOS(0.5) AS c FROM shop.readings ORDER BY id;

-- name: signs
SELECT id, ABS(delta) AS a, SIGN(delta) AS s, -level AS m FROM shop.readings ORDER BY id;

-- name: the greatest is null with a null
SELECT id, GREATEST(value, delta) AS g, LEAST(value, 0) AS l, GREATEST(delta, flags, 0) AS t FROM shop.readings ORDER BY id;

-- name: bits
SELECT id, flags & 15 AS a, flags | 15 AS o, flags ^ 15 AS x, ~flags AS n, flags << 2 AS l, flags >> 2 AS r, BIT_COUNT(flags) AS c FROM shop.readings ORDER BY id;

-- name: buckets
SELECT id, RANGE_BUCKET(value, [-50.0, 0.0, 50.0]) AS b FROM shop.readings WHERE value IS NOT NULL ORDER BY id;

-- name: whole division of what PostgreSQL makes a numeric of
SELECT status, DIV(SUM(quantity), 7) AS q, DIV(COUNT(*), 2) AS n FROM shop.orders GROUP BY status
ORDER BY status;

-- name: whole division of parts of dates
SELECT id, DIV(EXTRACT(YEAR FROM due), 10) AS decade, DIV(quantity, 3) AS third FROM shop.orders ORDER BY id;

-- name: wide shifts
SELECT 3 << n AS b, 1 << 3 AS c FROM shop.words WHERE n BETWEEN 0 AND 20 ORDER BY b;

-- name: hexadecimal numbers
SELECT 0xFF AS a, n + 0x10 AS b FROM shop.words ORDER BY b;

-- name: numbers as text
SELECT id, CAST(value AS STRING) AS v FROM shop.readings ORDER BY id;
