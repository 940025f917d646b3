AUDIT (
  name assert_positive_pages,
);

SELECT *
FROM @this_model
WHERE
  page_id < 0
