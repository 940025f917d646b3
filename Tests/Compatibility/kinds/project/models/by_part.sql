MODEL (name i.by_part, kind INCREMENTAL_BY_PARTITION, partitioned_by (kind, user_id)); SELECT kind, user_id, count(*) AS n FROM src.e GROUP BY 1, 2
