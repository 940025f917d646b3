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
-- name: pivots
SELECT * FROM (SELECT sensor, valid, delta FROM shop.readings) PIVOT(SUM(delta) AS total FOR valid IN (TRUE AS good, FALSE AS bad)) ORDER BY sensor;

-- name: pipes
FROM shop.orders |> WHERE quantity > 0 |> AGGREGATE COUNT(*) AS n, SUM(price) AS p GROUP BY status |> ORDER BY status;

-- name: pipes with joins and windows
FROM shop.orders AS o
|> JOIN shop.customers AS c ON c.id = o.customer_id
|> SELECT o.id AS order_id, c.name, o.quantity, ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY o.id) AS place
|> WHERE place = 1 AND quantity > 5
|> ORDER BY order_id
|> LIMIT 20;

-- name: columns as rows
SELECT sensor, kind, amount FROM (SELECT sensor, SUM(delta) AS total, MAX(delta) AS most FROM shop.readings GROUP BY sensor)
UNPIVOT(amount FOR kind IN (total, most)) ORDER BY sensor, kind;
