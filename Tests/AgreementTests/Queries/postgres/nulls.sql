-- Nulls, conditions and conversions.

-- name: nulls
SELECT id, coalesce(discount, 0) AS c, nullif(quantity, 0) AS n, discount IS NULL AS i, status IS DISTINCT FROM 'paid' AS d
FROM shop.orders ORDER BY id;

-- name: cases
SELECT id, CASE WHEN quantity < 0 THEN 'back' WHEN quantity = 0 THEN 'none' ELSE 'some' END AS kind,
    CASE status WHEN 'paid' THEN 1 WHEN 'sent' THEN 2 END AS step
FROM shop.orders ORDER BY id;

-- name: counted nulls
SELECT id, num_nulls(shipped, due, discount, status) AS n, num_nonnulls(due, status) AS m FROM shop.orders ORDER BY id;

-- name: conversions
SELECT id, id::text AS t, price::double precision AS f, quantity::numeric AS n, (quantity > 0)::int AS i, due::text AS d
FROM shop.orders ORDER BY id;

-- name: numbers from text
SELECT id, word::numeric AS n FROM shop.words WHERE word IN ('3.14', '-17') ORDER BY id;

-- name: moments as dates
SELECT id, placed::date AS d, due::timestamp AS t FROM shop.orders ORDER BY id;

-- name: nulls come last
SELECT id, discount FROM shop.orders ORDER BY discount, id;

-- name: nulls come first
SELECT id, discount FROM shop.orders ORDER BY discount DESC, id LIMIT 20;

-- name: nulls where they are told
SELECT id, discount FROM shop.orders ORDER BY discount NULLS FIRST, id DESC LIMIT 150;

-- name: booleans
SELECT id, active AND score > 0 AS a, active OR score > 0 AS o, NOT active AS n, active IS TRUE AS t, active IS NOT FALSE AS f
FROM shop.customers ORDER BY id;

-- name: three-valued logic in a list
SELECT id, quantity IN (1, 2, NULL) AS i, status NOT IN ('paid', 'sent') AS n FROM shop.orders ORDER BY id;
