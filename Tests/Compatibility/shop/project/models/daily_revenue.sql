MODEL (
  name shop.daily_revenue,
  kind INCREMENTAL_BY_TIME_RANGE (time_column day, lookback 2),
  audits (unique_combination_of_columns(columns := (day, country)))
);

SELECT
  CAST(ordered_at AS DATE) AS day,
  country,
  COUNT(*) AS orders,
  SUM(amount) AS revenue,
  CAST(SUM(amount) * @VAR('vat_percent', 0) / 100 AS DECIMAL(12, 2)) AS vat
FROM shop.clean_orders
WHERE CAST(ordered_at AS DATE) BETWEEN @start_date AND @end_date
GROUP BY 1, 2
