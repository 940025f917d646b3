MODEL (
  name analytics.pageviews,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column timestamp
  ),
  description 'One row for each page view.',
  column_descriptions (
    event_id = 'The event''s own id, as the page sent it',
    user_id = 'Who looked at the page',
    session_id = 'The session as the page counted it; analytics.sessions counts by the gap between events',
    url = 'The page',
    timestamp = 'When it was looked at'
  ),
  tags (web),
  audits (
    not_null(columns := (user_id, timestamp)),
    no_null_users
  )
);

SELECT
  event_id,
  user_id,
  session_id,
  url,
  timestamp
FROM raw.events
WHERE
  event = 'page_view'
  AND timestamp BETWEEN @start_dt AND @end_dt
