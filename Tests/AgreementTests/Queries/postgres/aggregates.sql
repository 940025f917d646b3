-- Aggregates.

-- name: counts
SELECT status, count(*) AS n, count(discount) AS d, count(DISTINCT customer_id) AS c FROM shop.orders
GROUP BY status ORDER BY status;

-- name: sums and averages
SELECT status, sum(quantity) AS q, sum(price) AS p, avg(quantity) AS aq, avg(discount) AS ad, min(price) AS lo, max(due) AS hi
FROM shop.orders GROUP BY status ORDER BY status NULLS FIRST;

-- name: filters
SELECT status, count(*) FILTER (WHERE quantity > 10) AS big, sum(price) FILTER (WHERE price < 0) AS negative,
    avg(discount) FILTER (WHERE quantity > 0) AS d
FROM shop.orders GROUP BY status ORDER BY status;

-- name: truth of all and of any
SELECT sensor, bool_and(valid) AS a, bool_or(valid) AS o, every(delta > -101) AS e FROM shop.readings
GROUP BY sensor ORDER BY sensor;

-- name: bits of all
SELECT sensor, bit_and(flags) AS a, bit_or(flags) AS o, bit_xor(flags) AS x FROM shop.readings
GROUP BY sensor ORDER BY sensor;

-- name: strings together
SELECT status, string_agg(note, ',' ORDER BY note, id) AS notes, string_agg(DISTINCT status, '|') AS s
FROM shop.orders WHERE id < 40 GROUP BY status ORDER BY status;

-- name: arrays of a group
SELECT status, array_agg(id ORDER BY quantity DESC, id) AS ids, array_agg(DISTINCT quantity ORDER BY quantity) AS q
FROM shop.orders WHERE id < 40 GROUP BY status ORDER BY status;

-- name: statistics
SELECT sensor, stddev(value) AS s, stddev_pop(value) AS sp, variance(delta) AS v, var_pop(delta) AS vp,
    corr(value, delta) AS c, covar_pop(value, delta) AS cp, covar_samp(value, delta) AS cs
FROM shop.readings GROUP BY sensor ORDER BY sensor;

-- name: regression
SELECT sensor, regr_slope(value, delta) AS s, regr_count(value, delta) AS n, regr_avgx(value, delta) AS x
FROM shop.readings GROUP BY sensor ORDER BY sensor;

-- name: the median
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS median, percentile_disc(0.9) WITHIN GROUP (ORDER BY delta) AS p
FROM shop.readings;

-- name: having
SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY customer_id HAVING count(*) > 3 ORDER BY n DESC, customer_id;

-- name: subtotals
SELECT status, quantity, count(*) AS n, grouping(status) AS g
FROM shop.orders GROUP BY ROLLUP (status, quantity) ORDER BY g, status, quantity, n;

-- name: nothing to aggregate
SELECT count(*) AS n, sum(price) AS s, max(due) AS m, bool_or(price > 0) AS b FROM shop.orders WHERE id < 0;

-- name: distinct values
SELECT DISTINCT status, quantity > 0 AS positive FROM shop.orders ORDER BY status, positive;

-- name: sums of conditions
SELECT sum(CASE WHEN status = 'paid' THEN price ELSE 0 END) AS paid, avg((quantity > 0)::int) AS share, sum((discount > 0.5)::int) AS much
FROM shop.orders;

-- name: percentiles of groups
SELECT sensor, percentile_cont(0.25) WITHIN GROUP (ORDER BY delta) AS c, percentile_disc(0.75) WITHIN GROUP (ORDER BY delta) AS d
FROM shop.readings GROUP BY sensor ORDER BY sensor;
