MODEL (name m.unions, kind FULL, columns (id int, region text));
@UNION('all', src.sales, m.dedup)
