AUDIT (name positive);
JINJA_QUERY_BEGIN;
SELECT * FROM {{ this_model }} WHERE p_amount {% if 1 < 2 %}<{% else %}>{% endif %} 0
JINJA_END;

AUDIT (name none_after);
SELECT * FROM @this_model WHERE at > @end_ts
