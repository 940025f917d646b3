MODEL (name shop.statuses, kind FULL);

JINJA_QUERY_BEGIN;
SELECT
  country,
  {% for status in ['paid', 'open', 'returned'] %}
  COUNT(*) FILTER (WHERE status = '{{ status }}') AS {{ status }}_orders,
  {% endfor %}
  COUNT(*) AS all_orders
FROM shop.orders
{% if true %} GROUP BY country {% endif %}
JINJA_END;
