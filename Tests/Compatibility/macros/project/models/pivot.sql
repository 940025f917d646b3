MODEL (name m.pivot, kind FULL);
SELECT ds, @PIVOT(region, ['eu', 'us'], agg := 'sum', then_value := amount) FROM src.sales GROUP BY ds
