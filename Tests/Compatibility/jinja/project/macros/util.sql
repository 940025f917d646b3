{% macro cents(column_name, scale=2) -%}
  ROUND({{ column_name }} / 100.0, {{ scale }})
{%- endmacro %}

{% macro alias_all(cols, prefix) %}
{%- for c in cols %}{{ prefix }}.{{ c }} AS {{ prefix }}_{{ c }}{% if not loop.last %}, {% endif %}{% endfor -%}
{% endmacro %}
