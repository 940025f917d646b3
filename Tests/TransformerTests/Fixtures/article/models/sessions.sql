-- models/sessions.sql
SELECT
  user_id,
  MIN(timestamp) AS started_at,
  MAX(timestamp) AS ended_at,
  CAST(EXTRACT(EPOCH FROM MAX(timestamp) - MIN(timestamp)) AS DOUBLE PRECISION) AS duration_seconds,
  COUNT(*) AS events,
  COUNT(CASE WHEN event = 'page_view' THEN 1 END) AS pageviews,
  DATE(MIN(timestamp)) AS day
FROM (
  SELECT
    *,
    SUM(CASE WHEN gap <= INTERVAL '30 minutes' THEN 0 ELSE 1 END) OVER (
      PARTITION BY user_id ORDER BY timestamp
    ) AS session_number
  FROM (
    SELECT *, timestamp - LAG(timestamp) OVER (PARTITION BY user_id ORDER BY timestamp) AS gap
    FROM raw.events
  ) AS gaps
) AS numbered
GROUP BY user_id, session_number
