MODEL (name staging.stg_payments);
select id as payment_id, order_id, payment_method, amount / 100 as amount, amount::numeric / 100 as exact from raw.payments
