-- a leading comment
MODEL (
  name h.comments, -- the name
  kind FULL /* whole */,
  description $$A 'long' one$$
);
/* before */
SELECT
  id, -- the id
  /* inner */ at -- when
FROM src.t -- from
WHERE id > 0 -- where
;
-- the end
