MODEL (name q.arrays, kind FULL);
SELECT t.id, u.tag, t.tags[1] AS first, array_length(t.tags, 1) AS n, t.tags && ARRAY['a'] AS ov, 'a' = ANY(t.tags) AS has, array_agg(u.tag) OVER (PARTITION BY t.id) AS agg, t.tags || 'z'::text AS more FROM src.t CROSS JOIN LATERAL unnest(t.tags) AS u(tag)
