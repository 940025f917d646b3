MODEL (
  name first.visits,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column visited_on
  ),
  start '2020-01-01',
  cron '@daily',
  grain (id, visited_on)
);

SELECT
  id,
  page_id,
  visited_on,
FROM
  first.seed_visits
WHERE
  visited_on BETWEEN @start_date AND @end_date
