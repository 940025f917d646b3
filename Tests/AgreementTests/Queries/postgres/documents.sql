-- JSON.

-- name: fields
SELECT id, profile ->> 'tier' AS tier, (profile ->> 'age')::int AS age, profile -> 'tags' AS tags FROM shop.customers ORDER BY id;

-- name: paths
SELECT id, profile #>> '{address,zip}' AS zip, profile -> 'tags' ->> 0 AS first, profile -> 'address' AS address
FROM shop.customers ORDER BY id;

-- name: what is not there
SELECT id, profile ->> 'nothing' AS n, profile ->> 'gone' AS g, profile #>> '{tags,7}' AS t FROM shop.customers ORDER BY id;

-- name: lengths and types
SELECT id, jsonb_array_length(profile -> 'tags') AS n, jsonb_typeof(profile -> 'tags') AS t, jsonb_typeof(profile -> 'opt') AS o
FROM shop.customers ORDER BY id;

-- name: types of numbers
SELECT id, jsonb_typeof(profile -> 'age') AS t FROM shop.customers ORDER BY id;

-- name: paths by function
SELECT id, jsonb_extract_path_text(profile, 'address', 'zip') AS zip, jsonb_extract_path(profile, 'tags', '1') AS tag
FROM shop.customers ORDER BY id;

-- name: making documents
SELECT id, jsonb_build_object('id', id, 'name', name) AS o, jsonb_build_array(id, active, city) AS a
FROM shop.customers ORDER BY id;

-- name: setting a field
SELECT id, jsonb_set(profile, '{tier}', to_jsonb(city)) AS p FROM shop.customers ORDER BY id;

-- name: grouping by a field
SELECT profile ->> 'tier' AS tier, count(*) AS n, avg((profile ->> 'age')::numeric) AS age
FROM shop.customers GROUP BY 1 ORDER BY 1;

-- name: documents of a group
SELECT country, jsonb_agg(id ORDER BY id) AS ids FROM shop.customers WHERE id < 20 GROUP BY country ORDER BY country;
