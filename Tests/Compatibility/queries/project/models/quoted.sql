MODEL (name q.quoted, kind FULL);
SELECT id AS "Weird Name", "Name" AS "select", amount AS "CamelCase" FROM src.t AS "T" WHERE "T".id > 0
