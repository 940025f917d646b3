MODEL (kind INCREMENTAL_BY_TIME_RANGE (time_column at), audits (positive, none_after));
JINJA_STATEMENT_BEGIN;
SET LOCAL work_mem = '8MB';
JINJA_END;
JINJA_QUERY_BEGIN;
SELECT {{ alias_all(['id', 'amount'], 'p') }}, p.at
FROM src.pay p
WHERE p.at BETWEEN '{{ start_ts }}' AND '{{ end_ts }}'
JINJA_END;
JINJA_STATEMENT_BEGIN;
{% for c in ['p_id'] %}CREATE INDEX IF NOT EXISTS inc_{{ c }} ON {{ this_model }} ({{ c }}){% endfor %};
JINJA_END;
