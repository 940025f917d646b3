MODEL (name i.unm, kind INCREMENTAL_UNMANAGED (insert_overwrite true), partitioned_by kind, cron '@weekly', start '2025-11-01'); SELECT kind, count(*) AS n, @execution_ds AS ds FROM src.e GROUP BY 1
