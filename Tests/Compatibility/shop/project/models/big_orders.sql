MODEL (name shop.big_orders, kind VIEW, audits (accepted_values(column := status, is_in := ('paid', 'open', 'returned'))));

SELECT
  @STAR(shop.orders, exclude := [customer_id])
FROM shop.orders
WHERE amount >= 50
