MODEL (name q.joins, kind FULL);
SELECT a.id, b.id AS other, c.v FROM src.t AS a LEFT JOIN src.t AS b ON a.d = b.d AND a.id < b.id CROSS JOIN (VALUES (1, 'x'), (2, 'y')) AS c(k, v) WHERE EXISTS (SELECT 1 FROM src.t AS z WHERE z.id = a.id) AND a.id NOT IN (SELECT 9) AND (a.id, a.d) IN (SELECT id, d FROM src.t)
