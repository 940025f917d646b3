MODEL (
  name analytics.event_types,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column day
  ),
  description 'How many events of each type came on each day. The sum over all rows is the number of rows in raw.events.',
  column_descriptions (
    day = 'The day, in UTC',
    event = 'The type of event, such as page_view',
    events = 'How many there were',
    users = 'How many users sent one'
  ),
  grain (day, event),
  tags (web),
  audits (
    not_null(columns := (day, event)),
    unique_combination_of_columns(columns := (day, event)),
    every_event_is_counted
  )
);

SELECT
  CAST(timestamp AS DATE) AS day,
  event,
  COUNT(*) AS events,
  COUNT(DISTINCT user_id) AS users
FROM raw.events
WHERE
  timestamp BETWEEN @start_dt AND @end_dt
GROUP BY
  CAST(timestamp AS DATE),
  event
