-- Hashes and encodings.

-- name: md5
SELECT id, MD5(word) AS m, TO_HEX(MD5(word)) AS h FROM shop.words ORDER BY id;

-- name: sha
SELECT id, SHA256(word) AS s, TO_HEX(SHA512(word)) AS b, SHA256(raw) AS r FROM shop.words ORDER BY id;

-- name: encodings
SELECT id, TO_BASE64(raw) AS b, TO_HEX(raw) AS h, FROM_HEX(TO_HEX(raw)) AS r, FROM_BASE64(TO_BASE64(raw)) AS rb FROM shop.words ORDER BY id;

-- name: text and bytes
SELECT id, CAST(word AS BYTES) AS b, LENGTH(raw) AS n FROM shop.words WHERE id BETWEEN 3 AND 5 ORDER BY id;
