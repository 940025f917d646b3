MODEL (name q.sets, kind FULL);
SELECT d, id, count(*) AS n FROM src.t GROUP BY GROUPING SETS ((d), (id), ()) ORDER BY 1, 2
