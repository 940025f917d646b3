MODEL (
  name shop.country_orders,
  kind INCREMENTAL_BY_PARTITION,
  partitioned_by country
);

SELECT
  country,
  COUNT(*) AS orders,
  MAX(ordered_at) AS last_at
FROM shop.orders
WHERE country IN (SELECT t.country FROM shop.orders AS t WHERE t.ordered_at BETWEEN @start_dt AND @end_dt)
GROUP BY country
