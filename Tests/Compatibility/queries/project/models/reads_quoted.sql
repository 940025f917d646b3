MODEL (name q.reads_quoted, kind FULL);
SELECT "Weird Name" AS w, q."select", q."CamelCase" FROM q.quoted AS q
