-- Each day of the interval has as many events here as raw.events has.
AUDIT (
  name every_event_is_counted
);

WITH counted AS (
  SELECT
    day,
    SUM(events) AS events
  FROM @this_model
  GROUP BY
    day
), landed AS (
  SELECT
    CAST(timestamp AS DATE) AS day,
    COUNT(*) AS events
  FROM raw.events
  WHERE
    timestamp BETWEEN @start_dt AND @end_dt
  GROUP BY
    CAST(timestamp AS DATE)
)
SELECT
  COALESCE(counted.day, landed.day) AS day,
  counted.events AS counted_events,
  landed.events AS landed_events
FROM counted
FULL JOIN landed
  ON counted.day = landed.day
WHERE
  counted.events IS DISTINCT FROM landed.events
