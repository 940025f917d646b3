MODEL (name shop.clean_orders, kind EMBEDDED);

SELECT
  order_id,
  customer_id,
  amount,
  status,
  country,
  ordered_at
FROM raw.orders
WHERE status <> 'test'
