MODEL (name m.resolve, kind FULL);
SELECT @gateway AS g, '@{env}' AS e, @'x_@{env}' AS f
