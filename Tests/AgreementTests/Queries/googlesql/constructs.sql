-- Constructs of queries that PostgreSQL says in other words.

-- name: the first of each group
SELECT customer_id, id FROM shop.orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY quantity, id) = 1 ORDER BY customer_id;

-- name: the first three of each group
SELECT status AS s, id, quantity + 1 AS more FROM shop.orders
QUALIFY ROW_NUMBER() OVER (PARTITION BY s ORDER BY quantity DESC, id) <= 3 AND more > 2 ORDER BY s, price, id;

-- name: nulls in order
SELECT id, note, quantity FROM shop.orders ORDER BY note, quantity DESC, id;

-- name: nulls in windows
SELECT id, SUM(id) OVER (PARTITION BY status ORDER BY quantity, id) AS running, ROW_NUMBER() OVER (ORDER BY note, id) AS place
FROM shop.orders ORDER BY id;

-- name: names of the list in conditions
SELECT status, COUNT(*) AS n, SUM(quantity) AS total FROM shop.orders GROUP BY status HAVING total > 10 ORDER BY n + total, status;

-- name: divisions
SELECT id, delta / 4 AS part, DIV(delta, 4) AS whole, delta / 2 * 2 AS same, level / 3 > 1 AS more FROM shop.readings ORDER BY id;

-- name: floats and whole numbers
SELECT id, quantity * 0.1 AS tenth, 0.1 + 0.2 = 0.3 AS exact FROM shop.orders ORDER BY id;

-- name: elements with offsets
SELECT c.id, tag, place FROM shop.customers AS c, UNNEST(c.tags) AS tag WITH OFFSET AS place WHERE place > 0 ORDER BY c.id, place;

-- name: elements of a left join
SELECT c.id, m FROM shop.customers AS c LEFT JOIN UNNEST(c.marks) AS m ORDER BY c.id, m;

-- name: paths to arrays
SELECT c.id, m FROM shop.customers AS c, c.marks AS m WHERE m > 2 ORDER BY c.id, m;

-- name: days of a month
SELECT day, EXTRACT(DAYOFWEEK FROM day) AS weekday, EXTRACT(WEEK FROM day) AS week
FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2024-02-25', DATE '2024-03-05')) AS day ORDER BY day;

-- name: hours of a day
SELECT hour FROM UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP '2024-03-10 00:00:00+00', TIMESTAMP '2024-03-10 05:00:00+00', INTERVAL 1 HOUR)) AS hour ORDER BY hour;

-- name: numbers with offsets
SELECT n, o FROM UNNEST(GENERATE_ARRAY(10, 30, 10)) AS n WITH OFFSET AS o ORDER BY o DESC;

-- name: rows of structs
SELECT v.a, v.b FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, NULL)]) AS v ORDER BY v.a;

-- name: subscripts
SELECT id, marks[SAFE_OFFSET(0)] AS first, marks[SAFE_ORDINAL(2)] AS second, 3 IN UNNEST(marks) AS has FROM shop.customers ORDER BY id;

-- name: pipes
FROM shop.orders |> WHERE quantity > 3 |> EXTEND quantity * 2 AS twice |> WHERE twice > 10
|> AGGREGATE COUNT(*) AS n, SUM(twice) AS total GROUP BY status |> ORDER BY status;

-- name: pipes with grouping sets
FROM shop.orders |> WHERE id < 200 |> AGGREGATE COUNT(*) AS n GROUP BY ROLLUP(status, customer_id) |> ORDER BY status, customer_id, n;

-- name: pipes with joins
FROM shop.orders AS o |> JOIN shop.customers AS c ON c.id = o.customer_id |> SELECT c.name, o.id, o.quantity
|> WHERE quantity > 10 |> ORDER BY id |> LIMIT 7;

-- name: columns of values
SELECT * FROM (SELECT customer_id, status, quantity FROM shop.orders) PIVOT(SUM(quantity) AS q, COUNT(*) AS n FOR status IN ('new', 'paid' AS p))
ORDER BY customer_id;

-- name: values of columns
SELECT id, kind, amount FROM (SELECT id, delta, flags FROM shop.readings) UNPIVOT(amount FOR kind IN (delta, flags AS 'f')) ORDER BY id, kind;

-- name: days and moments
SELECT id, DATE_ADD(due, INTERVAL 1 MONTH) AS month, DATE_SUB(due, INTERVAL quantity DAY) AS before, TIMESTAMP_ADD(placed, INTERVAL 90 MINUTE) AS later,
    due + INTERVAL 1 DAY AS tomorrow FROM shop.orders ORDER BY id;

-- name: parts of moments
SELECT id, EXTRACT(HOUR FROM placed AT TIME ZONE 'Europe/Berlin') AS hour, EXTRACT(DATE FROM placed) AS day, EXTRACT(SECOND FROM placed) AS second,
    EXTRACT(ISOWEEK FROM placed) AS week FROM shop.orders ORDER BY id;

-- name: safe casts
SELECT id, SAFE_CAST(word AS FLOAT64) AS f, SAFE_CAST(n AS STRING) AS s FROM shop.words ORDER BY id;

-- name: case of names
SELECT ORDERS.Id, Orders.STATUS AS `Order Status` FROM shop.orders AS Orders ORDER BY orders.ID;

-- name: stars with other columns beside
SELECT o.* EXCEPT (price, placed, shipped, note), c.name FROM shop.orders AS o JOIN shop.customers AS c ON c.id = o.customer_id ORDER BY o.id;

-- name: unions by name
SELECT id, city AS place FROM shop.customers UNION ALL BY NAME SELECT status AS place, id + 1000 AS id FROM shop.orders ORDER BY id, place;

-- name: unions by name of what differs
SELECT id, city FROM shop.customers FULL OUTER UNION ALL BY NAME SELECT id + 1000 AS id, quantity FROM shop.orders ORDER BY id;
