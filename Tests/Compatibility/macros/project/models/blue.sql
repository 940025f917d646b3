MODEL (name m.@{region}_sales, kind FULL, blueprints ((region := eu, least := 1), (region := us, least := 2)));
SELECT id, amount FROM src.sales WHERE region = '@{region}' OR id = @least OR region = 'x'
