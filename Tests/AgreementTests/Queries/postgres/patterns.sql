-- Regular expressions.

-- name: matching
SELECT id, word ~ '^[a-z]+$' AS lower, word ~* '^abc' AS abc, word !~ '[0-9]' AS no_digits FROM shop.words ORDER BY id;

-- name: regexp_like
SELECT id, regexp_like(word, '\d+') AS d, regexp_like(word, 'ABC', 'i') AS i FROM shop.words ORDER BY id;

-- name: the first match replaced
SELECT id, regexp_replace(word, '[aeiou]', '#') AS r FROM shop.words ORDER BY id;

-- name: all matches replaced
SELECT id, regexp_replace(word, '[aeiou]', '#', 'g') AS r, regexp_replace(word, 'A', '_', 'gi') AS i
FROM shop.words ORDER BY id;

-- name: groups in the replacement
SELECT id, regexp_replace(word, '(\w+)@(\w+)\.com', '\2 at \1') AS swapped, regexp_replace(word, '\d+', '<\&>', 'g') AS whole
FROM shop.words ORDER BY id;

-- name: what matches
SELECT id, substring(word FROM '\d+') AS digits, substring(word FROM '([a-z]+)=') AS key FROM shop.words ORDER BY id;

-- name: groups with letters of Unicode
SELECT id, substring(word FROM '(\w+)=') AS key FROM shop.words ORDER BY id;

-- name: a group of a match
SELECT id, (regexp_match(word, '(\d+)[/-](\d+)'))[2] AS second FROM shop.words ORDER BY id;

-- name: how many and which
SELECT id, regexp_count(word, 'a') AS n, regexp_substr(word, '[a-z]+') AS s FROM shop.words ORDER BY id;

-- name: borders of words
SELECT id, regexp_replace(word, '\ma', 'X', 'g') AS starts, word ~ '\yand\y' AS has_and FROM shop.words ORDER BY id;

-- name: letters of Unicode
SELECT id, regexp_replace(word, '\w', 'w', 'g') AS w, word ~ '^[[:alpha:]]+$' AS letters FROM shop.words ORDER BY id;
