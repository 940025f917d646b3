MODEL (name shop.cents, kind FULL, audits (number_of_rows(threshold := 3)));

JINJA_QUERY_BEGIN;
SELECT order_id, {{ in_cents('amount') }} AS cents FROM shop.orders
JINJA_END;
