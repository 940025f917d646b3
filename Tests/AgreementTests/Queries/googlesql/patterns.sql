-- Regular expressions.

-- name: matching
SELECT id, REGEXP_CONTAINS(word, r'^[a-z]+$') AS lower, REGEXP_CONTAINS(word, r'(?i)^abc') AS abc, REGEXP_CONTAINS(word, r'\d') AS digits
FROM shop.words ORDER BY id;

-- name: extracting
SELECT id, REGEXP_EXTRACT(word, r'\d+') AS d, REGEXP_EXTRACT(word, r'(\w+)=') AS k FROM shop.words ORDER BY id;

-- name: extracting all
SELECT id, REGEXP_EXTRACT_ALL(word, r'\d+') AS d, REGEXP_EXTRACT_ALL(word, r'(\w)a') AS b FROM shop.words WHERE word IS NOT NULL ORDER BY id;

-- name: replacing
SELECT id, REGEXP_REPLACE(word, r'[aeiou]', '#') AS r, REGEXP_REPLACE(word, r'\s+', ' ') AS s FROM shop.words ORDER BY id;

-- name: groups in the replacement
SELECT id, REGEXP_REPLACE(word, r'(\d+)[/-](\d+)', r'\2:\1') AS g FROM shop.words ORDER BY id;

-- name: borders of words
SELECT id, REGEXP_CONTAINS(word, r'\band\b') AS a, REGEXP_REPLACE(word, r'\ba', 'X') AS x FROM shop.words ORDER BY id;

-- name: letters of ASCII
SELECT id, REGEXP_REPLACE(word, r'\w', 'w') AS w, REGEXP_CONTAINS(word, r'^\W') AS n FROM shop.words ORDER BY id;

-- name: alternatives and counts
SELECT id, REGEXP_EXTRACT(word, r'foo|bar|xx') AS a, REGEXP_CONTAINS(word, r'^a{2,3}$') AS n, REGEXP_CONTAINS(word, r'[.()\[\]]') AS m FROM shop.words ORDER BY id;
