MODEL (name shop.c, kind INCREMENTAL_BY_TIME_RANGE (time_column ds), interval_unit day); SELECT id, n, ds FROM src.t WHERE ds BETWEEN @start_ds AND @end_ds
