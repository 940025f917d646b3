MODEL (name q.rec, kind FULL);
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, n % 2 = 0 AS even, 2 ^ n AS p, n::float8 / 2 AS h FROM r
