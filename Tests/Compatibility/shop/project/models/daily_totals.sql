MODEL (
  name shop.daily_totals,
  kind INCREMENTAL_BY_TIME_RANGE (time_column (ds, 'YYYYMMDD'))
);

SELECT
  TO_CHAR(day, 'YYYYMMDD') AS ds,
  CAST(SUM(orders) AS BIGINT) AS orders,
  SUM(revenue) AS revenue
FROM shop.daily_revenue
WHERE day BETWEEN @start_date AND @end_date
GROUP BY 1
