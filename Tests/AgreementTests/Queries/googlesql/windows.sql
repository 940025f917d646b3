-- Windows, and one row of each group.

-- name: ranks
SELECT id, ROW_NUMBER() OVER (PARTITION BY status ORDER BY quantity, id) AS n, RANK() OVER (ORDER BY discount) AS r, NTILE(4) OVER (ORDER BY id) AS q FROM shop.orders ORDER BY id;

-- name: neighbours
SELECT id, LAG(price) OVER (ORDER BY id) AS b, LEAD(price, 2, 0) OVER (ORDER BY id) AS a FROM shop.orders ORDER BY id;

-- name: running sums
SELECT id, SUM(quantity) OVER (PARTITION BY status ORDER BY id) AS s, AVG(price) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING) AS a FROM shop.orders ORDER BY id;

-- name: counts of conditions
SELECT id, COUNTIF(quantity > 0) OVER (PARTITION BY status ORDER BY id) AS n FROM shop.orders ORDER BY id;

-- name: first and last
SELECT id, FIRST_VALUE(price) OVER (PARTITION BY status ORDER BY id) AS f, LAST_VALUE(price) OVER (PARTITION BY status ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l
FROM shop.orders ORDER BY id;

-- name: one row of each group
SELECT customer_id, id, placed FROM shop.orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY placed DESC, id) = 1 ORDER BY customer_id;

-- name: qualified by an alias
SELECT id, quantity, RANK() OVER (PARTITION BY status ORDER BY quantity DESC) AS place FROM shop.orders WHERE quantity > 0 QUALIFY place <= 2 ORDER BY id;

-- name: medians
SELECT DISTINCT sensor, PERCENTILE_CONT(value, 0.5) OVER (PARTITION BY sensor) AS m FROM shop.readings ORDER BY sensor;

-- name: exact percentiles
SELECT id, PERCENTILE_CONT(delta, 0.25) OVER (PARTITION BY sensor) AS c, PERCENTILE_DISC(delta, 0.75) OVER (PARTITION BY sensor) AS d
FROM shop.readings ORDER BY id;

-- name: values that are there
SELECT id, LAST_VALUE(discount IGNORE NULLS) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS l,
    FIRST_VALUE(discount IGNORE NULLS) OVER (PARTITION BY status ORDER BY id) AS f
FROM shop.orders ORDER BY id;
