-- Arrays.

-- name: lengths
SELECT id, cardinality(tags) AS c, array_length(marks, 1) AS l FROM shop.customers ORDER BY id;

-- name: elements
SELECT id, tags[1] AS first, marks[2] AS second, marks[9] AS none FROM shop.customers ORDER BY id;

-- name: putting together
SELECT id, marks || 9::bigint AS appended, array_append(marks, 8) AS a, array_prepend(7, marks) AS p,
    array_cat(marks, ARRAY[1, 2]::bigint[]) AS c
FROM shop.customers ORDER BY id;

-- name: membership
SELECT id, 'red' = ANY (tags) AS red, 7 = ANY (marks) AS seven, NOT 1 = ANY (marks) AS no_one
FROM shop.customers ORDER BY id;

-- name: removing and finding
SELECT id, array_remove(marks, 7) AS r, array_position(marks, 1) AS p, array_replace(marks, 7, 70) AS x
FROM shop.customers ORDER BY id;

-- name: arrays as text
SELECT id, array_to_string(tags, ', ') AS t, array_to_string(marks, '+') AS m FROM shop.customers ORDER BY id;

-- name: rows of elements
SELECT id, tag FROM shop.customers, unnest(tags) AS tag ORDER BY id, tag;

-- name: places of elements
SELECT id, tag, place FROM shop.customers CROSS JOIN LATERAL unnest(tags) WITH ORDINALITY AS u(tag, place)
ORDER BY id, place;

-- name: an array of a query
SELECT id, ARRAY(SELECT o.id FROM shop.orders o WHERE o.customer_id = c.id ORDER BY o.id) AS orders
FROM shop.customers c WHERE id < 20 ORDER BY id;

-- name: series of numbers
SELECT n, n * n AS square FROM generate_series(1, 10) AS n ORDER BY n;

-- name: series of days
SELECT d::date AS day, count(o.id) AS n
FROM generate_series(DATE '2024-02-25', DATE '2024-03-05', INTERVAL '1 day') AS d
LEFT JOIN shop.orders o ON o.due = d::date
GROUP BY 1 ORDER BY 1;

-- name: putting together with null
SELECT id, cardinality(array_append(CASE WHEN id > 3 THEN marks END, 8)) AS a,
    cardinality(array_cat(CASE WHEN id > 3 THEN marks END, marks)) AS c,
    cardinality((CASE WHEN id > 3 THEN marks END) || marks) AS o
FROM shop.customers ORDER BY id;

-- name: arrays from texts
SELECT v FROM unnest('{3, 1,2}'::int[]) AS v ORDER BY v;

-- name: arrays of words from texts
SELECT id FROM shop.orders WHERE status = ANY ('{new, paid}'::text[]) ORDER BY id;
