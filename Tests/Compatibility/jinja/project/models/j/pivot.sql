MODEL (kind FULL);
JINJA_QUERY_BEGIN;
{% set methods = var('methods') %}
{%- set total = namespace(n=0) %}
SELECT
  {% for m in methods -%}
  SUM(CASE WHEN method = '{{ m }}' THEN amount ELSE 0 END) AS {{ m | lower }}_amount{{ "," }}
  {% set total.n = total.n + 1 -%}
  {% endfor -%}
  {{ total.n }} AS n_methods,
  {{ cents('SUM(amount)') }} AS amount,
  '{{ methods | join('_') | upper }}' AS j
FROM src.pay AS pay
{% if methods | length > 1 %}WHERE at < '{{ var("cutoff") }}'::timestamp + interval '5 days'{% endif %}
JINJA_END;
