MODEL (name q.distinct_on, kind FULL);
SELECT DISTINCT ON (d) d, id, "Name" AS name FROM src.t ORDER BY d, id DESC NULLS LAST
