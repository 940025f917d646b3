-- What `make demo-check` compares when every message has landed: a line each, with what was found and what it must be. The
-- summaries end with the last month that config.yaml names.
SELECT 'revenue in analytics.customer_summary', coalesce(sum(total_revenue), 0),
  (SELECT coalesce(sum(payment_amount), 0) FROM raw.raw_revenue_events WHERE event_time < '2025-01-01')
FROM analytics.customer_summary;
SELECT 'advances in analytics.customer_summary', coalesce(sum(total_advances), 0),
  (SELECT coalesce(sum(advance_amount), 0) FROM raw.raw_revenue_events WHERE event_time < '2025-01-01')
FROM analytics.customer_summary;
