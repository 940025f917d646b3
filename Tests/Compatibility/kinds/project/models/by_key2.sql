MODEL (name i.by_key2, kind INCREMENTAL_BY_UNIQUE_KEY (unique_key [user_id], merge_filter source.user_id > 1));
SELECT user_id, max(id) AS last_id FROM src.e WHERE at BETWEEN @start_tstz AND @end_tstz GROUP BY 1
