-- Functions of strings.

-- name: case and length
SELECT id, lower(word) AS l, upper(word) AS u, length(word) AS n, char_length(word) AS c, octet_length(word) AS bytes
FROM shop.words WHERE word <> 'Straße' ORDER BY id;

-- name: capitals
SELECT id, initcap(name) AS n FROM shop.customers WHERE name NOT LIKE '%É%' ORDER BY id;

-- name: trimming spaces
SELECT id, trim(word) AS t, btrim(word) AS b, ltrim(word) AS l, rtrim(word) AS r FROM shop.words ORDER BY id;

-- name: trimming letters
SELECT id, trim(both 'x' FROM word) AS b, trim(leading 'x' FROM word) AS l, trim(trailing 'x' FROM word) AS t,
    btrim(word, 'xa') AS xa
FROM shop.words ORDER BY id;

-- name: padding
SELECT id, lpad(word, 8) AS l, lpad(word, 6, '*') AS s, rpad(word, 8, 'ab') AS r FROM shop.words ORDER BY id;

-- name: substrings
SELECT id, substr(word, 2) AS a, substr(word, 2, 3) AS b, substring(word FROM 3 FOR 2) AS c, substring(word FOR 2) AS d
FROM shop.words ORDER BY id;

-- name: substrings from before the start
SELECT id, substr(word, 0, 3) AS a, substr(word, -1, 4) AS b, substr(word, -5) AS c FROM shop.words ORDER BY id;

-- name: substrings from a place that a column says
SELECT id, substr(word, n::int, 3) AS a FROM shop.words WHERE n IS NOT NULL ORDER BY id;

-- name: both ends
SELECT id, left(word, 3) AS l, right(word, 3) AS r, left(word, -2) AS ll, right(word, -2) AS rr
FROM shop.words ORDER BY id;

-- name: places
SELECT id, position('a' IN word) AS p, strpos(word, 'b') AS s FROM shop.words ORDER BY id;

-- name: replacing
SELECT id, replace(word, 'a', '--') AS r, translate(word, 'abc', 'xy') AS t, overlay(word PLACING '##' FROM 2 FOR 1) AS o
FROM shop.words WHERE length(word) > 1 ORDER BY id;

-- name: parts between separators
SELECT id, split_part(word, ',', 1) AS a, split_part(word, ',', 3) AS b, split_part(word, '.', -1) AS c
FROM shop.words ORDER BY id;

-- name: arrays of parts
SELECT id, string_to_array(word, ',') AS a FROM shop.words WHERE word IS NOT NULL ORDER BY id;

-- name: repeating and reversing
SELECT id, repeat(part, 3) AS r, reverse(word) AS v FROM shop.words ORDER BY id;

-- name: concatenation with null
SELECT id, word || part AS bar, concat(word, part) AS f, concat(word, '-', n) AS g FROM shop.words ORDER BY id;

-- name: concatenation with a separator
SELECT id, concat_ws('/', word, part, n) AS c FROM shop.words ORDER BY id;

-- name: format
SELECT id, format('%s of %s (100%%)', part, n) AS f FROM shop.words ORDER BY id;

-- name: code points
SELECT id, ascii(word) AS a, chr(8364) AS c FROM shop.words WHERE word <> '' ORDER BY id;

-- name: letters by numbers
SELECT id, chr(64 + id::int) AS c FROM shop.words ORDER BY id;

-- name: beginnings
SELECT id, starts_with(word, 'ab') AS s, word LIKE 'A%' AS l, word ILIKE 'a%' AS i, word NOT LIKE '%a_a%' AS u
FROM shop.words ORDER BY id;

-- name: like with an escaped sign
SELECT id, word LIKE '%\_%' AS u FROM shop.words ORDER BY id;

-- name: quotes and backslashes
SELECT id, word = 'quote''quote' AS q, word = 'back\slash' AS b, word = E'tabs\tand spaces' AS t FROM shop.words ORDER BY id;

-- name: order of texts
SELECT id, word FROM shop.words ORDER BY word, id;

-- name: comparison of texts
SELECT id, word < 'b' AS less, word >= 'Z' AS more, greatest(word, part) AS g, word IN ('abc', 'banana') AS i FROM shop.words ORDER BY id;

-- name: hexadecimal numbers
SELECT id, to_hex(id::int) AS h, to_hex(-id::int) AS m FROM shop.words WHERE id < 8 ORDER BY id;

-- name: nested functions
SELECT id, upper(substr(trim(word), 1, 3)) || '-' || lpad(coalesce(n, 0)::text, 3, '0') AS code FROM shop.words ORDER BY id;

-- name: names of people
SELECT split_part(email, '@', 2) AS host, count(*) AS n, min(lower(left(email, 5))) AS first, max(length(name)) AS longest
FROM shop.customers GROUP BY 1 ORDER BY 1;
