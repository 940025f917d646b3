MODEL (name marts.orders, kind FULL);
@DEF(payment_methods, ['credit_card', 'coupon', 'bank_transfer', 'gift_card']);
select
  o.order_id, o.customer_id, o.order_date,
  @EACH(@payment_methods, m -> sum(case when p.payment_method = m then p.amount else 0 end) as @{m}_amount),
  sum(p.amount) as amount
from staging.stg_orders o left join staging.stg_payments p using (order_id)
group by 1, 2, 3
