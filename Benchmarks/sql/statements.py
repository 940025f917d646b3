"""Short statements of both dialects: the expressions that the tests know, and shapes filled with expressions."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
EXPRESSIONS = os.path.join(HERE, "..", "..", "Tests", "SQLTests", "Fixtures", "postgres-expressions.sql")

COMMON = """a + b * 2
(a + b) * (c - d) / e
a = 1 AND b <> 'x' OR NOT c
a BETWEEN 1 AND 10
a IN (1, 2, 3)
a NOT IN (SELECT b FROM u WHERE u.c = t.c)
a LIKE 'x%'
a IS NOT NULL
CASE WHEN a > 1 THEN 'many' WHEN a = 1 THEN 'one' ELSE 'none' END
COALESCE(a, b, 0)
NULLIF(a, '')
CAST(a AS DATE)
EXISTS (SELECT 1 FROM u WHERE u.id = t.id)
COUNT(*)
COUNT(DISTINCT a)
SUM(a) / COUNT(b)
MAX(a) OVER (PARTITION BY b ORDER BY c)
ROW_NUMBER() OVER (PARTITION BY a, b ORDER BY c DESC)
SUM(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
EXTRACT(YEAR FROM a)
CONCAT(a, '-', b)
LOWER(TRIM(a))
ROUND(a, 2)
'it''s'
-1.5e3""".splitlines()

BIGQUERY = """SAFE_CAST(a AS INT64)
SAFE_DIVIDE(a, b)
IF(a > 1, b, c)
IFNULL(a, 0)
DATE_TRUNC(a, MONTH)
DATE_ADD(a, INTERVAL 3 DAY)
TIMESTAMP_DIFF(a, b, SECOND)
FORMAT_DATE('%Y-%m', a)
PARSE_DATE('%Y%m%d', a)
ARRAY_AGG(a IGNORE NULLS ORDER BY b LIMIT 3)
APPROX_COUNT_DISTINCT(a)
COUNTIF(a > 1)
STRUCT(a AS x, b AS y)
[1, 2, 3]
a[SAFE_OFFSET(0)]
JSON_VALUE(a, '$.b')
REGEXP_EXTRACT(a, r'(\\d+)')
ARRAY(SELECT x FROM UNNEST(a) AS x WHERE x > 1)
DATE '2026-11-23'
ANY_VALUE(a)
STRING_AGG(a, ',')
LAST_VALUE(a IGNORE NULLS) OVER (ORDER BY b)""".splitlines()

SHAPES = """SELECT {0} AS x FROM t
SELECT a, {0} AS x, {1} AS y FROM t WHERE a > 1 ORDER BY a DESC LIMIT 10
SELECT t.a, {0} AS x FROM t JOIN u ON t.id = u.id LEFT JOIN v ON v.id = u.id
WITH w AS (SELECT {0} AS x, b FROM t) SELECT x, {1} AS y FROM w WHERE b = 'c'
SELECT x FROM (SELECT {0} AS x FROM t UNION ALL SELECT {1} AS x FROM u) AS q""".splitlines()


def shaped(expressions):
    """Each expression in a shape, with the next one where the shape has room for two."""
    pairs = zip(expressions, expressions[1:] + expressions[:1])
    return [SHAPES[index % len(SHAPES)].format(*pair) for index, pair in enumerate(pairs)]


def statements(dialect):
    if dialect == "bigquery":
        # Several times round, so that each expression is seen in several shapes.
        return shaped(COMMON + BIGQUERY) + shaped(BIGQUERY * 3 + COMMON)
    with open(EXPRESSIONS, encoding="utf-8") as file:
        own = [line.strip() for line in file if not line.startswith("--")]
    return [f"SELECT {expression} AS c FROM v" for expression in own] + shaped(COMMON * 2) + shaped(own)
