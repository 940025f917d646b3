-- JSON.

-- name: values
SELECT id, JSON_VALUE(profile, '$.tier') AS tier, CAST(JSON_VALUE(profile, '$.age') AS INT64) AS age, JSON_VALUE(profile, '$.address.zip') AS zip,
    JSON_VALUE(profile, '$.tags[0]') AS tag
FROM shop.customers ORDER BY id;

-- name: documents
SELECT id, JSON_QUERY(profile, '$.address') AS a, JSON_QUERY(profile, '$.tags') AS t, JSON_VALUE(profile, '$.nothing') AS n FROM shop.customers ORDER BY id;

-- name: arrays
SELECT id, JSON_VALUE_ARRAY(profile, '$.tags') AS t, ARRAY_LENGTH(JSON_QUERY_ARRAY(profile, '$.tags')) AS n FROM shop.customers ORDER BY id;

-- name: types
SELECT id, JSON_TYPE(JSON_QUERY(profile, '$.opt')) AS a, JSON_TYPE(JSON_QUERY(profile, '$.tags')) AS t FROM shop.customers ORDER BY id;

-- name: types of numbers
SELECT id, JSON_TYPE(JSON_QUERY(profile, '$.age')) AS a FROM shop.customers ORDER BY id;

-- name: making documents
SELECT id, JSON_OBJECT('id', id, 'name', name) AS o, JSON_ARRAY(id, city) AS a, TO_JSON(tags) AS t FROM shop.customers ORDER BY id;

-- name: reading text
SELECT id, JSON_VALUE(PARSE_JSON('{"a": {"b": [1, 2]}}'), '$.a.b[1]') AS v, JSON_EXTRACT_SCALAR('{"x": "y"}', '$.x') AS x FROM shop.customers ORDER BY id;

-- name: elements as rows
SELECT id, tag FROM shop.customers, UNNEST(JSON_VALUE_ARRAY(profile, '$.tags')) AS tag ORDER BY id, tag;
