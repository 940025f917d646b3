MODEL (name shop.order_log, kind INCREMENTAL_UNMANAGED);

SELECT order_id, status, @end_ds AS seen
FROM shop.orders
WHERE ordered_at BETWEEN @start_dt AND @end_dt
