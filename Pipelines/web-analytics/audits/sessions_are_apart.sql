-- Two sessions of one user have more than the gap between them.
AUDIT (
  name sessions_are_apart
);

SELECT
  user_id,
  started_at,
  previous_ended_at
FROM (
  SELECT
    user_id,
    started_at,
    LAG(ended_at) OVER (PARTITION BY user_id ORDER BY started_at) AS previous_ended_at
  FROM @this_model
) AS sessions
WHERE
  started_at - previous_ended_at <= CAST(@session_gap AS INTERVAL)
