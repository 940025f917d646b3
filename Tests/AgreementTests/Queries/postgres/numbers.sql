-- Numbers.

-- name: whole division and remainders
SELECT id, delta / 7 AS q, delta % 7 AS r, mod(delta, 7) AS m, div(delta, 7) AS d, -delta / 2 AS h
FROM shop.readings ORDER BY id;

-- name: division of decimals and floats
SELECT id, level / 4 AS l, value / 3 AS v, delta / 2.0 AS d FROM shop.readings ORDER BY id;

-- name: rounding decimals
SELECT id, round(level) AS r, round(level, 1) AS r1, round(level, -2) AS r2, trunc(level) AS t, trunc(level, 1) AS t1
FROM shop.readings ORDER BY id;

-- name: rounding floats
SELECT id, round(value) AS r, ceil(value) AS c, floor(value) AS f, trunc(value) AS t FROM shop.readings ORDER BY id;

-- name: halves of floats
SELECT id, round(id / 2.0::double precision) AS half FROM shop.readings ORDER BY id;

-- name: powers and roots
SELECT id, sqrt(flags) AS s, cbrt(flags) AS c, power(flags, 2) AS p, flags ^ 3 AS q, exp(delta / 50.0) AS e
FROM shop.readings ORDER BY id;

-- name: logarithms
SELECT id, ln(id) AS l, log(id) AS d, log(2, id) AS b FROM shop.readings ORDER BY id;

-- name: angles
SELECT id, sin(value) AS s, cos(value) AS c, atan2(value, 2) AS a, degrees(value) AS d, radians(value) AS r, pi() AS p
FROM shop.readings ORDER BY id;

-- name: signs
SELECT id, abs(delta) AS a, sign(delta) AS s, abs(level) AS l, -value AS m FROM shop.readings ORDER BY id;

-- name: the greatest passes over nulls
SELECT id, greatest(value, delta) AS g, least(value, 0) AS l, greatest(value, delta, flags) AS three
FROM shop.readings ORDER BY id;

-- name: bits
SELECT id, flags & 15 AS a, flags | 15 AS o, flags # 15 AS x, ~flags AS n, flags << 2 AS l, flags >> 2 AS r
FROM shop.readings ORDER BY id;

-- name: buckets
SELECT id, width_bucket(value, ARRAY[-50.0, 0.0, 50.0]::double precision[]) AS b
FROM shop.readings WHERE value IS NOT NULL ORDER BY id;

-- name: precision of decimals
SELECT id, level * 1.5 AS m, level + 0.25 AS a, level - level AS z FROM shop.readings ORDER BY id;

-- name: floats as text
SELECT id, value::text AS t, 'v' || round(value) AS r FROM shop.readings ORDER BY id;
