MODEL (name m.each_, kind FULL);
@DEF(doubled, x -> x * 2);
SELECT
  @EACH(@regions, r -> SUM(CASE WHEN region = r THEN amount END) AS total_@r),
  @doubled(SUM(amount)) AS twice,
  @IF(@env = 'test', 'yes', 'no') AS flag,
  @EVAL(1 + 2) AS three,
  @VAR('min_amount') AS min_amount,
  @VAR('absent', 7) AS absent,
  @REDUCE([1, 2, 3], (a, b) -> a + b) AS six,
  @SQL('COUNT(*)') AS n
FROM src.sales
WHERE @AND(amount > 1, region IS NOT NULL, NULL)
