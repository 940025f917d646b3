-- Aggregates.

-- name: counts
SELECT status, COUNT(*) AS n, COUNTIF(quantity > 10) AS big, COUNT(DISTINCT customer_id) AS c FROM shop.orders GROUP BY status ORDER BY status;

-- name: sums and averages
SELECT status, SUM(quantity) AS q, SUM(price) AS p, AVG(quantity) AS a, MIN(due) AS lo, MAX(note) AS hi FROM shop.orders
GROUP BY status ORDER BY status DESC;

-- name: truth
SELECT sensor, LOGICAL_AND(valid) AS a, LOGICAL_OR(valid) AS o FROM shop.readings GROUP BY sensor ORDER BY sensor;

-- name: bits
SELECT sensor, BIT_AND(flags) AS a, BIT_OR(flags) AS o, BIT_XOR(flags) AS x FROM shop.readings GROUP BY sensor ORDER BY sensor;

-- name: strings together
SELECT status, STRING_AGG(note, '|' ORDER BY id) AS notes, STRING_AGG(DISTINCT note ORDER BY note) AS d FROM shop.orders WHERE id < 40
GROUP BY status ORDER BY status;

-- name: the first strings
SELECT sensor, STRING_AGG(CAST(delta AS STRING), ',' ORDER BY delta, id LIMIT 3) AS s FROM shop.readings GROUP BY sensor ORDER BY sensor;

-- name: arrays
SELECT status, ARRAY_AGG(id ORDER BY quantity, id) AS ids, ARRAY_AGG(id ORDER BY id DESC LIMIT 2) AS last,
    ARRAY_AGG(discount IGNORE NULLS ORDER BY id) AS d
FROM shop.orders WHERE id < 60 GROUP BY status ORDER BY status;

-- name: about how many
SELECT status, APPROX_COUNT_DISTINCT(customer_id) AS c FROM shop.orders GROUP BY status ORDER BY status;

-- name: quantiles
SELECT APPROX_QUANTILES(delta, 4) AS q FROM shop.readings;

-- name: any value of equals
SELECT customer_id, ANY_VALUE(customer_id) AS c, ANY_VALUE(status HAVING MAX id) AS last FROM shop.orders GROUP BY customer_id ORDER BY customer_id;

-- name: the value at the largest
SELECT status, MAX_BY(id, price) AS hi, MIN_BY(id, price) AS lo FROM shop.orders GROUP BY status ORDER BY status;

-- name: statistics
SELECT sensor, STDDEV(value) AS s, STDDEV_POP(value) AS sp, VARIANCE(delta) AS v, VAR_SAMP(delta) AS vs, CORR(value, delta) AS c, COVAR_POP(value, delta) AS cp
FROM shop.readings GROUP BY sensor ORDER BY sensor;

-- name: subtotals
SELECT status, COUNT(*) AS n, SUM(quantity) AS q FROM shop.orders GROUP BY ROLLUP(status) ORDER BY n DESC, q;

-- name: having an alias
SELECT customer_id AS c, COUNT(*) AS n FROM shop.orders GROUP BY c HAVING n > 3 ORDER BY n DESC, c;

-- name: sums of conditions
SELECT SUM(IF(status = 'paid', price, 0)) AS paid, COUNT(IF(quantity < 0, 1, NULL)) AS back, AVG(IF(discount > 0.5, 1.0, 0.0)) AS share FROM shop.orders;
