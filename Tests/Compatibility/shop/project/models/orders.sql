MODEL (
  name shop.orders,
  kind INCREMENTAL_BY_TIME_RANGE (time_column ordered_at, batch_size 3),
  grain order_id,
  audits (not_null(columns := (order_id, customer_id)), positive_amount)
);

SELECT
  o.order_id,
  o.customer_id,
  o.amount,
  o.status,
  c.name AS country,
  o.ordered_at
FROM shop.clean_orders AS o
LEFT JOIN shop.countries AS c ON c.code = o.country
WHERE o.ordered_at BETWEEN @start_dt AND @end_dt
