-- Nulls, conditions and conversions.

-- name: nulls
SELECT id, IFNULL(discount, 0) AS i, NULLIF(quantity, 0) AS n, COALESCE(status, 'none') AS c, IF(quantity > 0, 'some', 'none') AS f FROM shop.orders ORDER BY id;

-- name: safe casts
SELECT id, SAFE_CAST(word AS INT64) AS i, SAFE_CAST(word AS FLOAT64) AS f, SAFE_CAST(id AS STRING) AS s FROM shop.words
WHERE word NOT IN ('3.14', '1e3') ORDER BY id;

-- name: safe casts to dates
SELECT id, SAFE_CAST(word AS DATE) AS d FROM shop.words ORDER BY id;

-- name: casts
SELECT id, CAST(id AS STRING) AS s, CAST(price AS FLOAT64) AS f, CAST(quantity AS NUMERIC) AS n, CAST(active AS INT64) AS b
FROM shop.orders JOIN (SELECT id AS c, active FROM shop.customers) ON c = id ORDER BY id;

-- name: rounding in casts
SELECT id, CAST(value AS INT64) AS v, CAST(level AS INT64) AS l FROM shop.readings ORDER BY id;

-- name: zero and null
SELECT id, NULLIFZERO(quantity) AS n, ZEROIFNULL(discount) AS z FROM shop.orders ORDER BY id;

-- name: nulls come first
SELECT id, discount FROM shop.orders ORDER BY discount, id LIMIT 150;

-- name: nulls come last
SELECT id, discount FROM shop.orders ORDER BY discount DESC, id;

-- name: equal or both null
SELECT id, status IS NOT DISTINCT FROM 'paid' AS p, (discount > 0.5) IS TRUE AS t FROM shop.orders ORDER BY id;

-- name: cases
SELECT id, CASE status WHEN 'new' THEN 1 WHEN 'paid' THEN 2 ELSE 0 END AS s FROM shop.orders ORDER BY id;
