MODEL (name q.win, kind FULL);
SELECT id, sum(amount) OVER w AS s, lag(amount, 1, 0.0) OVER w AS l, row_number() OVER (PARTITION BY d ORDER BY id) AS rn, avg(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS ma, ntile(2) OVER w AS nt, first_value(id) OVER (ORDER BY at RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW) AS f FROM src.t WINDOW w AS (ORDER BY id)
