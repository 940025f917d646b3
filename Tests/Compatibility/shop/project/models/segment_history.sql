MODEL (
  name shop.segment_history,
  kind SCD_TYPE_2_BY_COLUMN (unique_key customer_id, columns (segment), invalidate_hard_deletes true)
);

SELECT
  customer_id,
  segment,
  UPPER(name) AS name
FROM raw.customers
