-- Joins, sets and nested queries.

-- name: joins
SELECT c.name, o.id, o.price FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id AND o.quantity > 20
ORDER BY o.id;

-- name: outer joins
SELECT c.id AS customer, o.id AS orders FROM shop.customers c FULL JOIN shop.orders o ON o.customer_id = c.id
ORDER BY customer NULLS LAST, orders NULLS LAST;

-- name: lateral joins
SELECT c.id, last.id AS order_id
FROM shop.customers c
CROSS JOIN LATERAL (SELECT o.id FROM shop.orders o WHERE o.customer_id = c.id ORDER BY o.id DESC LIMIT 1) AS last
WHERE c.id < 30 ORDER BY c.id;

-- name: sets
SELECT id FROM shop.customers WHERE id < 10 UNION SELECT customer_id FROM shop.orders WHERE id < 20
EXCEPT SELECT 5 ORDER BY 1;

-- name: values
SELECT v.code, v.label, count(o.id) AS n
FROM (VALUES ('new', 'New order'), ('paid', 'Paid'), ('none', NULL)) AS v(code, label)
LEFT JOIN shop.orders o ON o.status = v.code GROUP BY v.code, v.label ORDER BY v.code;

-- name: a recursive query
WITH RECURSIVE n(i, f) AS (SELECT 1, 1 UNION ALL SELECT i + 1, f * (i + 1) FROM n WHERE i < 10) SELECT i, f FROM n ORDER BY i;

-- name: exists and in
SELECT id FROM shop.customers c WHERE EXISTS (SELECT 1 FROM shop.orders o WHERE o.customer_id = c.id AND o.status = 'lost')
    AND id NOT IN (SELECT customer_id FROM shop.orders WHERE quantity < 0) ORDER BY id;

-- name: pages
SELECT id, name FROM shop.customers ORDER BY id OFFSET 10 LIMIT 5;

-- name: names of calls
SELECT s.count, s.max, s.status FROM (SELECT status, count(*), max(price) FROM shop.orders GROUP BY status) AS s
ORDER BY s.status;

-- name: names of calls in WITH
WITH c AS (SELECT upper(status), sum(quantity)::bigint FROM shop.orders GROUP BY 1) SELECT c.upper, c.sum FROM c ORDER BY c.upper;

-- name: an expression of a column that has an alias of its own
SELECT -quantity AS quantity, id FROM shop.orders ORDER BY quantity + 0 DESC NULLS LAST, id;

-- name: the first of each in a part of a union
(SELECT DISTINCT ON (status) status, id FROM shop.orders ORDER BY status, id) UNION ALL
(SELECT DISTINCT ON (status) status, -id FROM shop.orders ORDER BY status, id DESC);
