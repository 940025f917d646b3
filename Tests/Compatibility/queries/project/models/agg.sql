MODEL (name q.agg, kind FULL);
SELECT d, string_agg("Name", ', ' ORDER BY "Name" DESC) AS names, count(*) FILTER (WHERE amount > 5) AS big, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS median, mode() WITHIN GROUP (ORDER BY d) AS m, bool_or(amount > 5) AS any_big, GROUPING(d) AS g FROM src.t GROUP BY ROLLUP (d)
