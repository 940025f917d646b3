-- Arrays.

-- name: lengths and elements
SELECT id, ARRAY_LENGTH(tags) AS n, marks[SAFE_OFFSET(0)] AS a, marks[SAFE_ORDINAL(2)] AS b FROM shop.customers ORDER BY id;

-- name: putting together
SELECT id, ARRAY_CONCAT(marks, [1, 2]) AS c, ARRAY_REVERSE(marks) AS r, ARRAY_TO_STRING(tags, '+') AS s FROM shop.customers ORDER BY id;

-- name: membership
SELECT id, 'red' IN UNNEST(tags) AS red, 7 IN UNNEST(marks) AS seven, 5 NOT IN UNNEST(marks) AS no_five FROM shop.customers ORDER BY id;

-- name: rows of elements
SELECT id, tag FROM shop.customers, UNNEST(tags) AS tag ORDER BY id, tag;

-- name: places of elements
SELECT id, tag, place FROM shop.customers CROSS JOIN UNNEST(tags) AS tag WITH OFFSET AS place ORDER BY id, place;

-- name: elements that may lack
SELECT id, tag FROM shop.customers LEFT JOIN UNNEST(tags) AS tag ORDER BY id, tag;

-- name: arrays of queries
SELECT id, ARRAY(SELECT m * 2 FROM UNNEST(marks) AS m ORDER BY m) AS doubled, (SELECT SUM(m) FROM UNNEST(marks) AS m) AS total
FROM shop.customers ORDER BY id;

-- name: series
SELECT n FROM UNNEST(GENERATE_ARRAY(1, 10, 3)) AS n ORDER BY n;

-- name: series as values
SELECT GENERATE_ARRAY(1, 5) AS a, GENERATE_DATE_ARRAY(DATE '2024-02-27', DATE '2024-03-02', INTERVAL 2 DAY) AS d;

-- name: series of timestamps
SELECT t FROM UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP '2024-02-28 00:00:00+00', TIMESTAMP '2024-03-01 00:00:00+00', INTERVAL 6 HOUR)) AS t ORDER BY t;

-- name: structs in a list
SELECT s.code, s.label, COUNT(o.id) AS n
FROM UNNEST([STRUCT('new' AS code, 'New order' AS label), STRUCT('paid' AS code, 'Paid' AS label)]) AS s
LEFT JOIN shop.orders AS o ON o.status = s.code GROUP BY s.code, s.label ORDER BY s.code;

-- name: slices
SELECT id, ARRAY_SLICE(marks, 0, 1) AS s FROM shop.customers WHERE ARRAY_LENGTH(marks) > 2 ORDER BY id;

-- name: arrays in conditions
SELECT id FROM shop.customers WHERE EXISTS (SELECT 1 FROM UNNEST(marks) AS m WHERE m > 4) ORDER BY id;
