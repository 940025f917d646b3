{% macro in_cents(column) %}CAST({{ column }} * 100 AS INT){% endmacro %}
