MODEL (
  name analytics.daily_active_users,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column day
  ),
  description 'One row for each user and day with a page view: count the rows of a day for its active users.',
  column_descriptions (
    user_id = 'The user',
    events = 'How many pages the user looked at that day',
    day = 'The day, in UTC'
  ),
  grain (user_id, day),
  tags (web),
  audits (
    not_null(columns := (user_id, day)),
    unique_combination_of_columns(columns := (user_id, day)),
    forall(criteria := (events > 0))
  )
);

SELECT
  user_id,
  COUNT(*) AS events,
  CAST(timestamp AS DATE) AS day
FROM analytics.pageviews
WHERE
  timestamp BETWEEN @start_dt AND @end_dt
GROUP BY
  user_id,
  CAST(timestamp AS DATE)
