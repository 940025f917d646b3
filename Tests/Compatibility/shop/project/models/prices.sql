MODEL (
  name shop.prices,
  kind INCREMENTAL_BY_TIME_RANGE (time_column ordered_at, forward_only true)
);

SELECT order_id, amount, ordered_at
FROM raw.orders
WHERE ordered_at BETWEEN @start_dt AND @end_dt
