-- What `make demo-check` compares when every message has landed: a line each, with what was found and what it must be.
SELECT 'sum of analytics.event_types', coalesce(sum(events), 0), (SELECT count(*) FROM raw.events)
FROM analytics.event_types;
