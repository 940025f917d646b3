-- Hashes and encodings.

-- name: md5
SELECT id, md5(word) AS h FROM shop.words ORDER BY id;

-- name: sha256
SELECT id, encode(sha256(raw), 'hex') AS h, sha256(raw) AS s FROM shop.words ORDER BY id;

-- name: sha512
SELECT id, sha512(raw) AS s FROM shop.words ORDER BY id;

-- name: base64 and hexadecimal
SELECT id, encode(raw, 'base64') AS b, encode(raw, 'hex') AS h, decode(encode(raw, 'hex'), 'hex') AS back
FROM shop.words ORDER BY id;

-- name: text and bytes
SELECT id, convert_to(word, 'UTF8') AS b, convert_from(raw, 'UTF8') AS t, length(raw) AS n FROM shop.words WHERE id BETWEEN 3 AND 5 ORDER BY id;

-- name: letters beyond ASCII as bytes
SELECT id, convert_to(word, 'UTF8') AS b FROM shop.words ORDER BY id;
