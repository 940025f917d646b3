MODEL (name m.clauses, kind FULL);
@WITH(TRUE) z AS (SELECT 1 AS one)
SELECT region, SUM(amount) AS total
FROM src.sales @JOIN(FALSE) m.dedup AS d ON d.id = sales.id
@WHERE(TRUE) amount > @min_amount
@GROUP_BY(TRUE) region
@HAVING(TRUE) SUM(amount) > 0
@ORDER_BY(TRUE) region
@LIMIT(TRUE) 10
