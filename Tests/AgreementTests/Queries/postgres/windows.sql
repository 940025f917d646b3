-- Windows, and one row of each group.

-- name: ranks
SELECT id, row_number() OVER (PARTITION BY status ORDER BY quantity, id) AS n,
    rank() OVER (ORDER BY quantity) AS r, dense_rank() OVER (ORDER BY quantity DESC) AS d, ntile(4) OVER (ORDER BY id) AS q
FROM shop.orders ORDER BY id;

-- name: neighbours
SELECT id, lag(price) OVER (ORDER BY id) AS before, lead(price, 2) OVER (ORDER BY id) AS after,
    lag(price, 1, 0) OVER (PARTITION BY customer_id ORDER BY id) AS own
FROM shop.orders ORDER BY id;

-- name: running sums
SELECT id, sum(quantity) OVER (PARTITION BY status ORDER BY id) AS s,
    avg(quantity) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS a,
    count(*) OVER (PARTITION BY customer_id) AS n
FROM shop.orders ORDER BY id;

-- name: first and last
SELECT id, first_value(price) OVER w AS f, last_value(price) OVER w AS l, nth_value(price, 2) OVER w AS n
FROM shop.orders WINDOW w AS (PARTITION BY status ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY id;

-- name: nulls in windows
SELECT id, row_number() OVER (ORDER BY discount, id) AS n, rank() OVER (ORDER BY discount DESC) AS r FROM shop.orders ORDER BY id;

-- name: shares
SELECT id, percent_rank() OVER (ORDER BY quantity) AS p, cume_dist() OVER (ORDER BY quantity) AS c FROM shop.orders ORDER BY id;

-- name: windows with filters
SELECT id, count(*) FILTER (WHERE quantity > 0) OVER (PARTITION BY status) AS n FROM shop.orders ORDER BY id;

-- name: one row of each group
SELECT DISTINCT ON (customer_id) customer_id, id, placed FROM shop.orders ORDER BY customer_id, placed DESC, id;

-- name: one row of each group, nulls first
SELECT DISTINCT ON (status) status, id, discount FROM shop.orders ORDER BY status, discount DESC, id;
