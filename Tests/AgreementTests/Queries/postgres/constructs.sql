-- Constructs of queries that GoogleSQL says in other words.

-- name: the first of each group
SELECT DISTINCT ON (customer_id) customer_id, id, status FROM shop.orders ORDER BY customer_id, quantity DESC, id;

-- name: the first of each group by expressions and numbers
SELECT DISTINCT ON (1) upper(status) AS s, id FROM shop.orders ORDER BY 1 NULLS FIRST, id DESC;

-- name: ties
SELECT quantity, status IS NULL AS open FROM shop.orders WHERE quantity > 5 ORDER BY quantity, 2 FETCH FIRST 3 ROWS WITH TIES;

-- name: nulls in order
SELECT id, note FROM shop.orders ORDER BY note DESC, id;

-- name: nulls in order of aggregates
SELECT status, string_agg(note, ',' ORDER BY note DESC, id) AS notes FROM shop.orders WHERE id < 60 GROUP BY status ORDER BY status;

-- name: nulls in windows
SELECT id, sum(id) OVER (PARTITION BY status ORDER BY quantity, id) AS running,
    row_number() OVER (ORDER BY quantity DESC, id) AS place, lag(id, 1) OVER (ORDER BY quantity, id) AS before
FROM shop.orders ORDER BY id;

-- name: frames of rows and of days
SELECT id, sum(quantity) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) AS near,
    count(*) OVER (ORDER BY due RANGE BETWEEN INTERVAL '2 days' PRECEDING AND INTERVAL '1 day' FOLLOWING) AS days
FROM shop.orders WHERE due IS NOT NULL ORDER BY id;

-- name: named windows
SELECT id, rank() OVER w AS place, sum(id) OVER w AS total FROM shop.orders
WINDOW w AS (PARTITION BY status ORDER BY quantity DESC NULLS LAST) ORDER BY id;

-- name: filters in aggregates
SELECT status, count(*) FILTER (WHERE quantity > 10) AS many, sum(quantity) FILTER (WHERE note IS NULL) AS without,
    count(DISTINCT customer_id) FILTER (WHERE price > 5) AS payers, bool_and(quantity > 0) FILTER (WHERE id > 5) AS positive
FROM shop.orders GROUP BY status ORDER BY status;

-- name: elements with positions
SELECT c.id, u.tag, u.place FROM shop.customers AS c, unnest(c.tags) WITH ORDINALITY AS u(tag, place)
WHERE u.place < 3 ORDER BY c.id, place;

-- name: elements of a left join
SELECT c.id, m FROM shop.customers AS c LEFT JOIN unnest(c.marks) AS m ON TRUE WHERE c.id < 40 ORDER BY c.id, m;

-- name: series
SELECT a.n, b.k, a.n * b.k AS product FROM generate_series(1, 4) AS a(n), generate_series(0, 10, 5) AS b(k) ORDER BY n, k;

-- name: series of days
SELECT CAST(g AS date) AS day, extract(dow FROM g) AS weekday
FROM generate_series(DATE '2024-02-27', DATE '2024-03-02', INTERVAL '1 day') AS g ORDER BY g;

-- name: series of months
SELECT g AS month FROM generate_series(timestamp '2024-01-01', timestamp '2024-02-01', interval '1 day') AS g ORDER BY g DESC LIMIT 3;

-- name: rows side by side
SELECT id FROM shop.orders WHERE (id, quantity) > (10, 3) AND (customer_id, quantity) <> (3, 5) ORDER BY id;

-- name: rows in a query
SELECT id FROM shop.orders WHERE (customer_id, quantity) IN (SELECT customer_id, max(quantity) FROM shop.orders GROUP BY customer_id) ORDER BY id;

-- name: rows of values
SELECT v.a, v.b, v.c FROM (VALUES (1, 'x', NULL), (2, NULL, 3.5)) AS v(a, b, c) ORDER BY v.a;

-- name: a star of values
SELECT * FROM (VALUES (1, 'x'), (2, NULL)) AS v(a, b) ORDER BY a;

-- name: grouping sets
SELECT status, customer_id, grouping(status) AS g, count(*) AS n FROM shop.orders
WHERE customer_id < 20 AND status IS NOT NULL GROUP BY ROLLUP (status, customer_id) ORDER BY 3, 1, 2;

-- name: a group of a column that hides behind a name
SELECT upper(status) AS status, count(*) AS n FROM shop.orders GROUP BY status ORDER BY 1, 2;

-- name: lateral rows
SELECT c.id, x.double, x.half FROM shop.customers AS c, LATERAL (SELECT c.id * 2 AS double, c.id / 2 AS half) AS x
WHERE c.id < 20 ORDER BY c.id;

-- name: lateral rows of a left join
SELECT c.id, o.top FROM shop.customers AS c
LEFT JOIN LATERAL (SELECT max(q.quantity) AS top FROM shop.orders AS q WHERE q.customer_id = c.id) AS o ON TRUE ORDER BY c.id;

-- name: columns by another name
WITH c(k, n) AS (SELECT status, count(*) FROM shop.orders GROUP BY status) SELECT d.label, d.n FROM c AS d(label, n) ORDER BY 1;

-- name: operators of whole numbers
SELECT id, delta / 3 AS third, delta % 3 AS rest, delta & 12 AS masked, delta | 1 AS odd, delta # 5 AS flipped, ~ delta AS inverse,
    delta >> 1 AS half, flags << 2 AS fourfold, flags ^ 2 AS square FROM shop.readings ORDER BY id;

-- name: exact numbers
SELECT id, quantity * 0.1 AS tenth, price * 1.5 AS more, quantity / 4.0 AS fourth, 0.1 + 0.2 = 0.3 AS exact FROM shop.orders ORDER BY id;

-- name: patterns
SELECT id, name ILIKE '%A%' AS a, name LIKE 'A!_%' ESCAPE '!' AS u, name SIMILAR TO '(A|B)%' AS s, name ~ '^[A-M]' AS m,
    name !~* 'E' AS e, name LIKE ANY (ARRAY['A%', '%a']) AS any FROM shop.customers ORDER BY id;

-- name: between either
SELECT id FROM shop.orders WHERE quantity BETWEEN SYMMETRIC 20 AND 5 ORDER BY id;

-- name: differences
SELECT id, quantity IS DISTINCT FROM 3 AS differs, (quantity > 3) IS UNKNOWN AS unknown, NOT (quantity > 3) IS TRUE AS untrue
FROM shop.orders ORDER BY id;

-- name: days and moments
SELECT id, due + 5 AS later, due - 1 AS before, due - DATE '2024-01-01' AS days, due + INTERVAL '1 month' AS month,
    placed + INTERVAL '1 month' AS next, placed - INTERVAL '36 hours' AS earlier FROM shop.orders ORDER BY id;

-- name: parts of days
SELECT id, extract(dow FROM due) AS dow, extract(isodow FROM due) AS isodow, extract(week FROM due) AS week, extract(isoyear FROM due) AS isoyear,
    extract(doy FROM due) AS doy, extract(quarter FROM due) AS quarter, extract(epoch FROM due) AS epoch FROM shop.orders ORDER BY id;

-- name: spans of moments
SELECT id, extract(epoch FROM shipped - placed) AS seconds, shipped - placed > INTERVAL '1 day' AS late FROM shop.orders ORDER BY id;

-- name: zones
SELECT id, placed AT TIME ZONE 'Europe/Berlin' AS local, CAST(placed AT TIME ZONE 'America/New_York' AS date) AS day FROM shop.orders ORDER BY id;

-- name: arrays in conditions
SELECT id, 3 = ANY (marks) AS has, 3 <> ALL (marks) AS lacks, marks[1] AS first, marks[9] AS none, marks || 7 AS more FROM shop.customers ORDER BY id;

-- name: pages without a limit
SELECT id FROM shop.orders ORDER BY id OFFSET 20;

-- name: the aggregate of a set
SELECT max(id) AS most, min(id) AS least FROM (SELECT id FROM shop.orders INTERSECT SELECT customer_id FROM shop.orders) AS both_sides;

-- name: natural joins
SELECT c.name, o.quantity
FROM (SELECT id AS customer_id, name FROM shop.customers) AS c NATURAL JOIN (SELECT customer_id, quantity FROM shop.orders) AS o
ORDER BY 1, 2;

-- name: natural left joins
SELECT customer_id, name, quantity
FROM (SELECT id AS customer_id, name FROM shop.customers) AS c
NATURAL LEFT JOIN (SELECT customer_id, quantity FROM shop.orders WHERE quantity > 3) AS o
ORDER BY 1, 2, 3;

-- name: arrays side by side
SELECT c.id, t.tag, t.mark FROM shop.customers AS c CROSS JOIN LATERAL unnest(c.tags, c.marks) AS t(tag, mark) ORDER BY 1, 2, 3;

-- name: arrays of different lengths
SELECT t.n, t.s FROM unnest(ARRAY[1, 2, 3], ARRAY['a', 'b']) AS t(n, s) ORDER BY 1;
