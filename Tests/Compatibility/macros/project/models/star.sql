MODEL (name m.star, kind VIEW);
SELECT @STAR(src.sales, alias := s, exclude := [ds], prefix := 'p_'), @GENERATE_SURROGATE_KEY(s.id, s.region) AS key, @SAFE_DIV(s.amount, 0) AS d, @SAFE_ADD(s.id, NULL) AS a
FROM src.sales AS s
