-- models/pageviews.sql
SELECT
  event_id,
  user_id,
  session_id,
  url,
  timestamp
FROM raw.events
WHERE event = 'page_view'
{% if is_incremental() %}
AND timestamp >= '{{ start_date }}'
{% endif %}
