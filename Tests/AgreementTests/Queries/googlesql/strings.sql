-- Functions of strings.

-- name: case and length
SELECT id, LOWER(word) AS l, UPPER(part) AS u, LENGTH(word) AS n, CHAR_LENGTH(word) AS c, BYTE_LENGTH(word) AS b FROM shop.words ORDER BY id;

-- name: trimming
SELECT id, TRIM(word) AS t, LTRIM(word) AS l, RTRIM(word) AS r, TRIM(word, 'x') AS x, LTRIM(word, 'xp') AS lx FROM shop.words ORDER BY id;

-- name: padding
SELECT id, LPAD(word, 8) AS l, RPAD(word, 8, 'ab') AS r, LPAD(part, 3, '*') AS n FROM shop.words ORDER BY id;

-- name: substrings
SELECT id, SUBSTR(word, 2) AS a, SUBSTR(word, 2, 3) AS b, SUBSTRING(word, 1, 1) AS c FROM shop.words ORDER BY id;

-- name: substrings from the end
SELECT id, SUBSTR(word, -3) AS a, SUBSTR(word, -3, 2) AS b FROM shop.words WHERE LENGTH(word) > 2 ORDER BY id;

-- name: both ends
SELECT id, LEFT(word, 2) AS l, RIGHT(word, 2) AS r, STARTS_WITH(word, 'a') AS s, ENDS_WITH(word, 'c') AS e FROM shop.words ORDER BY id;

-- name: places
SELECT id, STRPOS(word, 'a') AS s, INSTR(word, 'b') AS i FROM shop.words ORDER BY id;

-- name: replacing
SELECT id, REPLACE(word, 'a', '--') AS r, TRANSLATE(word, 'abc', 'xyz') AS t, REVERSE(word) AS v, REPEAT(part, 3) AS p FROM shop.words ORDER BY id;

-- name: splitting
SELECT id, SPLIT(word, ',') AS a, SPLIT(word, ',')[OFFSET(0)] AS first, SPLIT(word, ',')[SAFE_OFFSET(2)] AS third FROM shop.words
WHERE word IS NOT NULL ORDER BY id;

-- name: concatenation with null
SELECT id, CONCAT(word, part) AS c, CONCAT(word, '-', CAST(n AS STRING)) AS d, word || part AS b FROM shop.words ORDER BY id;

-- name: format
SELECT id, FORMAT('%s has %d', part, n) AS f FROM shop.words WHERE n IS NOT NULL ORDER BY id;

-- name: format of decimals
SELECT id, FORMAT('%.2f', value) AS f FROM shop.readings WHERE value IS NOT NULL ORDER BY id;

-- name: code points
SELECT id, ASCII(part) AS a, UNICODE(word) AS u, CHR(8364) AS c FROM shop.words WHERE word <> '' AND part <> '' ORDER BY id;

-- name: code points of all letters
SELECT id, TO_CODE_POINTS(part) AS p, CODE_POINTS_TO_STRING(TO_CODE_POINTS(part)) AS back FROM shop.words WHERE part <> '' ORDER BY id;

-- name: quotes and escapes
SELECT id, word = 'quote\'quote' AS q, word = "back\\slash" AS b, word = r'100%' AS p, word = '''a|b''' AS t FROM shop.words ORDER BY id;

-- name: like
SELECT id, word LIKE 'a%' AS a, word LIKE '%a_a%' AS u, word NOT LIKE '%a%' AS n FROM shop.words ORDER BY id;

-- name: nested functions
SELECT id, CONCAT(UPPER(SUBSTR(word, 1, 1)), LOWER(SUBSTR(word, 2))) AS c, IFNULL(REGEXP_EXTRACT(word, r'^(\w+)'), 'none') AS f FROM shop.words ORDER BY id;

-- name: hosts
SELECT SPLIT(email, '@')[SAFE_OFFSET(1)] AS host, COUNT(*) AS n, STRING_AGG(DISTINCT country, '/' ORDER BY country) AS c FROM shop.customers GROUP BY host ORDER BY host;
