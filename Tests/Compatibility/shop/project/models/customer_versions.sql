MODEL (
  name shop.customer_versions,
  kind SCD_TYPE_2_BY_TIME (unique_key customer_id, invalidate_hard_deletes true),
  start '2025-03-01'
);

SELECT
  customer_id,
  name,
  segment,
  updated_at
FROM raw.customers
