MODEL (
  name shop.weekly_revenue,
  kind INCREMENTAL_BY_TIME_RANGE (time_column day),
  cron '@weekly'
);

SELECT day, SUM(revenue) AS revenue
FROM shop.daily_revenue
WHERE day BETWEEN @start_date AND @end_date
GROUP BY day
