MODEL (
  name h.t,
  kind INCREMENTAL_BY_TIME_RANGE (time_column at, lookback 1),
  cron '0 6 * * *',
  cron_tz 'Europe/Berlin',
  allow_partials false,
  physical_properties (fillfactor = 70),
  virtual_properties (labels = [('a', 'b')]),
  session_properties (work_mem = '8MB'),
  partitioned_by at,
  clustered_by (id),
  column_descriptions (id = 'The "key"', at = 'it''s'),
  stamp 'v1',
  enabled true,
  ignored_rules ['noselectstar'],
  project shop,
  formatting false,
  grain (id),
  end '2025-12-31'
);

SET LOCAL statement_timeout = '30s';

SELECT id, at FROM src.t WHERE at BETWEEN @start_dt AND @end_dt;

CREATE INDEX IF NOT EXISTS t_id ON @this_model USING BTREE (id);
@IF(@runtime_stage = 'evaluating', ANALYZE @this_model);

ON_VIRTUAL_UPDATE_BEGIN;
GRANT SELECT ON @this_model TO hook_reader;
JINJA_STATEMENT_BEGIN;
GRANT SELECT ON {{ this_model }} TO hook_reader;
JINJA_END;
ON_VIRTUAL_UPDATE_END;
