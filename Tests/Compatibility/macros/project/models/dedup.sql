MODEL (name m.dedup, kind FULL);
WITH d AS (@DEDUPLICATE(src.sales, [id], ['ds DESC', 'amount ASC NULLS FIRST'])) SELECT id, region, amount, ds FROM d
