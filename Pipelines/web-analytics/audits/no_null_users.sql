AUDIT (
  name no_null_users
);

SELECT
  *
FROM @this_model
WHERE
  user_id IS NULL
