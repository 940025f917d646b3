MODEL (
  name shop.last_orders,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key customer_id, batch_size 2)
);

SELECT
  customer_id,
  MAX(ordered_at) AS last_at,
  SUM(amount) AS amount
FROM shop.orders
WHERE ordered_at BETWEEN @start_dt AND @end_dt
GROUP BY customer_id
