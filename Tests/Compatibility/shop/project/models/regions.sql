MODEL (name shop.regions, kind FULL);

@DEF(is_big, amount >= 50);

SELECT
  c.region,
  @EACH(['paid', 'open'], s -> SUM(CASE WHEN o.status = s THEN o.amount ELSE 0 END) AS total_@s),
  COUNT(*) FILTER (WHERE @is_big) AS big,
  @IF(@with_rank, RANK() OVER (ORDER BY SUM(o.amount) DESC), 0) AS rank
FROM shop.orders AS o
JOIN shop.countries AS c ON c.name = o.country
GROUP BY c.region
