MODEL (
  name staging.stg_orders,
  kind VIEW,
  audits (accepted_values(column := status, is_in=('placed', 'shipped', 'completed', 'return_pending', 'returned')))
);
with source as (select * from raw.orders), renamed as (select id as order_id, user_id as customer_id, order_date, status from source)
select * from renamed
