MODEL (name q.sub, kind FULL);
SELECT t.id, s.mx, ARRAY(SELECT x.id FROM src.t AS x ORDER BY x.id) AS ids, (SELECT max(amount) FROM src.t) AS m FROM src.t AS t, LATERAL (SELECT max(u.amount) AS mx FROM src.t AS u WHERE u.d = t.d) AS s WHERE t.amount > ALL (SELECT 1) AND NOT t.amount IS NULL
