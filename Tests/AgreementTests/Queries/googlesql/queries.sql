-- Joins, sets and nested queries.

-- name: stars without columns
SELECT * EXCEPT (profile, tags, marks, joined) FROM shop.customers ORDER BY id;

-- name: stars with other columns
SELECT * REPLACE (UPPER(sensor) AS sensor) FROM shop.readings ORDER BY id;

-- name: sets
SELECT id FROM shop.customers WHERE id < 10 UNION DISTINCT SELECT customer_id FROM shop.orders WHERE id < 20 ORDER BY 1;

-- name: sets less others
SELECT id FROM shop.customers WHERE id < 30 EXCEPT DISTINCT SELECT customer_id FROM shop.orders ORDER BY id;

-- name: group by all
SELECT status, quantity > 0 AS positive, COUNT(*) AS n FROM shop.orders GROUP BY ALL ORDER BY status, positive;

-- name: with and joins
WITH totals AS (SELECT customer_id, SUM(price) AS total FROM shop.orders GROUP BY customer_id)
SELECT c.id, c.name, t.total FROM shop.customers AS c LEFT JOIN totals AS t ON t.customer_id = c.id ORDER BY c.id;

-- name: using
SELECT id, o.note, c.city FROM shop.orders AS o JOIN shop.customers AS c USING (id) ORDER BY id;
