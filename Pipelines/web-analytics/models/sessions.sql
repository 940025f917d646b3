/* A session is a run of one user's events with no more than @session_gap between one and the next. It belongs to the
   day on which it starts, wherever it ends.

   Whether an event starts a session shows in the gap before it, so events are read from one gap before the interval.
   Where a session ends shows in the events after it, so events are read to the end of the day after the interval, and
   `lookback 1` computes a day again when the next day gets events. A session is followed to the end of the day after
   its start; what goes on without a pause for longer than that is not counted further. */
MODEL (
  name analytics.sessions,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column started_at,
    lookback 1
  ),
  description 'One row for each session: events of one user with no more than 30 minutes between them.',
  column_descriptions (
    user_id = 'The user',
    started_at = 'Time of the first event; with user_id it names the session',
    ended_at = 'Time of the last event',
    duration_seconds = 'From the first event to the last',
    events = 'How many events',
    pageviews = 'How many of them are page views',
    day = 'The day on which the session started, in UTC'
  ),
  grain (user_id, started_at),
  tags (web),
  audits (
    not_null(columns := (user_id, started_at, ended_at)),
    unique_combination_of_columns(columns := (user_id, started_at)),
    forall(criteria := (ended_at >= started_at, events > 0, pageviews <= events)),
    sessions_are_apart
  )
);

WITH events AS (
  SELECT
    user_id,
    event,
    timestamp,
    LAG(timestamp) OVER (PARTITION BY user_id ORDER BY timestamp) AS previous_timestamp
  FROM raw.events
  WHERE
    timestamp >= @start_dt - CAST(@session_gap AS INTERVAL)
    AND timestamp <= @end_dt + INTERVAL '1 day'
), numbered AS (
  SELECT
    user_id,
    event,
    timestamp,
    SUM(
      CASE
        WHEN previous_timestamp IS NULL OR timestamp - previous_timestamp > CAST(@session_gap AS INTERVAL) THEN 1
        ELSE 0
      END
    ) OVER (PARTITION BY user_id ORDER BY timestamp) AS session_number
  FROM events
), started AS (
  SELECT
    user_id,
    event,
    timestamp,
    MIN(timestamp) OVER (PARTITION BY user_id, session_number) AS started_at
  FROM numbered
)
SELECT
  user_id,
  started_at,
  MAX(timestamp) AS ended_at,
  CAST(EXTRACT(EPOCH FROM MAX(timestamp) - started_at) AS DOUBLE PRECISION) AS duration_seconds,
  COUNT(*) AS events,
  COUNT(CASE WHEN event = 'page_view' THEN 1 END) AS pageviews,
  CAST(started_at AS DATE) AS day
FROM started
WHERE
  timestamp < CAST(CAST(started_at AS DATE) AS TIMESTAMPTZ) + INTERVAL '2 days'
GROUP BY
  user_id,
  started_at
