MODEL (name q.json, kind FULL);
SELECT id, doc -> 'k' ->> 'x' AS x, doc #>> '{k,x}' AS y, doc @> '{"k": {"x": 1}}'::jsonb AS c, doc ? 'l' AS has_l, jsonb_array_length(doc -> 'l') AS n, jsonb_build_object('id', id, 'n', "Name") AS o, (doc -> 'k' -> 'x')::int + 1 AS z FROM src.t
