import SQL
import Testing

@Suite("Names and lineage of each construct") struct ConstructTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let dialect: SQLDialect
        let text: String
        /// The query with its names written out.
        let qualified: String
        /// `name type: how sources; …`.
        let columns: [String]
        var filters = ""
        var testDescription: String { name }

        init(
            _ name: String, _ dialect: SQLDialect = .bigQuery, _ text: String, _ qualified: String,
            _ columns: [String], filters: String = ""
        ) {
            self.name = name
            self.dialect = dialect
            self.text = text
            self.qualified = qualified
            self.columns = columns
            self.filters = filters
        }
    }

    @Test(arguments: pipes + tables + structs + sets + windows + postgres) func construct(_ construct: Case) throws {
        let catalog = QualifyTests.catalog(construct.dialect)
        let query = try parseQuery(construct.text, dialect: construct.dialect)
        let result = try query.qualified(in: catalog)
        let text = result.query.sql(construct.dialect)
        #expect(text == construct.qualified)
        let lineage = try query.lineage(in: catalog)
        #expect(lineage.columns.map { Self.text(of: $0, construct.dialect) } == construct.columns)
        #expect(lineage.filters.map(Self.short).sorted().joined(separator: " ") == construct.filters)
        #expect(lineage.columns.map(\.name) == result.columns.map(\.name))
        #expect(lineage.columns.map(\.type) == result.columns.map(\.type))
        // What is written out means the same when it is read again.
        let again = try parseQuery(text, dialect: construct.dialect)
        #expect(try again.qualified(in: catalog).query == result.query)
        #expect(try again.lineage(in: catalog) == lineage)
    }

    static func text(of column: QueryLineage.Column, _ dialect: SQLDialect) -> String {
        let type = column.type.map { DataType(kind: $0).sql(dialect) } ?? "?"
        let sources = [LineageUsage.copied, .computed, .aggregated].compactMap { usage -> String? in
            let names = column.sources.filter { $0.usage == usage }.map { short($0.column) }.sorted()
            return names.isEmpty ? nil : "\(usage) \(names.joined(separator: " "))"
        }
        return "\(column.name) \(type): \(sources.joined(separator: ", "))"
    }

    static func short(_ reference: SourceReference) -> String {
        let text = reference.description
        return text.hasPrefix("shop.") ? String(text.dropFirst(5)) : text
    }

    // MARK: Pipes

    static let pipes: [Case] = [
        Case(
            "pipe: WHERE, SELECT, ORDER BY, LIMIT", .bigQuery,
            "FROM shop.orders |> WHERE total > 1 |> SELECT id, total * 2 AS twice |> ORDER BY twice |> LIMIT 3",
            "FROM shop.orders AS orders |> WHERE orders.total > 1 |> SELECT orders.id, orders.total * 2 AS twice "
                + "|> ORDER BY twice |> LIMIT 3",
            ["id INT64: copied orders.id", "twice NUMERIC: computed orders.total"], filters: "orders.total"),
        Case(
            "pipe: EXTEND", .bigQuery, "FROM shop.customers |> EXTEND UPPER(name) AS loud |> WHERE loud <> name",
            "FROM shop.customers AS customers |> EXTEND UPPER(customers.name) AS loud |> WHERE loud <> customers.name",
            [
                "customer_id INT64: copied customers.customer_id", "name STRING: copied customers.name",
                "loud STRING: computed customers.name",
            ], filters: "customers.name"),
        Case(
            "pipe: SET, DROP, RENAME", .bigQuery,
            "FROM shop.orders AS o |> SET total = total + 1 |> DROP placed_at |> RENAME id AS key |> WHERE o.id > key",
            "FROM shop.orders AS o |> SET total = o.total + 1 |> DROP placed_at |> RENAME id AS key |> WHERE o.id > key",
            [
                "key INT64: copied orders.id", "customer_id INT64: copied orders.customer_id",
                "total NUMERIC: computed orders.total",
            ], filters: "orders.id"),
        Case(
            "pipe: AGGREGATE … GROUP BY", .bigQuery,
            "FROM shop.orders |> AGGREGATE SUM(total) AS s, COUNT(*) AS n GROUP BY customer_id |> WHERE n > 1",
            "FROM shop.orders AS orders |> AGGREGATE SUM(orders.total) AS s, COUNT(*) AS n GROUP BY orders.customer_id "
                + "|> WHERE n > 1",
            ["customer_id INT64: copied orders.customer_id", "s NUMERIC: aggregated orders.total", "n INT64: "],
            filters: "orders.customer_id"),
        Case(
            "pipe: AGGREGATE … GROUP BY sets", .bigQuery,
            "FROM shop.orders |> AGGREGATE SUM(total) AS s GROUP BY GROUPING SETS ((customer_id), ROLLUP (id, customer_id))",
            "FROM shop.orders AS orders |> AGGREGATE SUM(orders.total) AS s GROUP BY "
                + "GROUPING SETS ((orders.customer_id), ROLLUP (orders.id, orders.customer_id))",
            [
                "customer_id INT64: copied orders.customer_id", "id INT64: copied orders.id",
                "s NUMERIC: aggregated orders.total",
            ], filters: "orders.customer_id orders.id"),
        Case(
            "pipe: AS and JOIN", .bigQuery,
            "FROM shop.orders |> SELECT id, customer_id |> AS o |> JOIN shop.customers AS c ON o.customer_id = c.customer_id "
                + "|> SELECT o.id, name",
            "FROM shop.orders AS orders |> SELECT orders.id, orders.customer_id |> AS o |> JOIN shop.customers AS c "
                + "ON o.customer_id = c.customer_id |> SELECT o.id, c.name",
            ["id INT64: copied orders.id", "name STRING: copied customers.name"],
            filters: "customers.customer_id orders.customer_id"),
        Case(
            "pipe: JOIN USING", .bigQuery,
            "FROM shop.customers |> JOIN shop.orders USING (customer_id) |> DROP placed_at, id",
            "FROM shop.customers AS customers |> JOIN shop.orders AS orders USING (customer_id) |> DROP placed_at, id",
            [
                "customer_id INT64: copied customers.customer_id orders.customer_id",
                "name STRING: copied customers.name", "total NUMERIC: copied orders.total",
            ], filters: "customers.customer_id orders.customer_id"),
        Case(
            "pipe: set operation", .bigQuery,
            "FROM shop.orders |> SELECT id |> UNION ALL (SELECT customer_id FROM shop.customers)",
            "FROM shop.orders AS orders |> SELECT orders.id |> UNION ALL (SELECT customers.customer_id "
                + "FROM shop.customers AS customers)",
            ["id INT64: copied customers.customer_id orders.id"]),
        Case(
            "pipe: star behind SELECT", .bigQuery,
            "FROM shop.customers |> EXTEND 1 AS one |> SELECT * EXCEPT (name), one + 1 AS two",
            "FROM shop.customers AS customers |> EXTEND 1 AS one |> SELECT customers.customer_id, one, one + 1 AS two",
            ["customer_id INT64: copied customers.customer_id", "one INT64: ", "two INT64: "]),
        Case(
            "pipe: over a query, in a subquery", .bigQuery,
            "SELECT n FROM (SELECT name FROM shop.customers |> AGGREGATE COUNT(DISTINCT name) AS n) AS q",
            "SELECT q.n FROM (SELECT customers.name FROM shop.customers AS customers |> AGGREGATE COUNT(DISTINCT name) AS n) AS q",
            ["n INT64: aggregated customers.name"]),
        Case(
            "pipe: DISTINCT, window function, WITH", .bigQuery,
            "FROM shop.orders |> WITH big AS (SELECT id AS big_id FROM shop.orders WHERE total > 9) |> JOIN big ON big_id = id "
                + "|> EXTEND RANK() OVER (ORDER BY total) AS r |> SELECT r |> DISTINCT",
            "FROM shop.orders AS orders |> WITH big AS (SELECT orders.id AS big_id FROM shop.orders AS orders WHERE orders.total > 9) "
                + "|> JOIN big AS big ON big.big_id = orders.id |> EXTEND RANK() OVER (ORDER BY orders.total) AS r |> SELECT r |> DISTINCT",
            ["r INT64: computed orders.total"], filters: "orders.id orders.total"),
        Case(
            "pipe: PIVOT", .bigQuery,
            "FROM shop.orders |> SELECT customer_id, total, id |> PIVOT(SUM(total) AS t FOR id IN (1, 2 AS two))",
            "FROM shop.orders AS orders |> SELECT orders.customer_id, orders.total, orders.id "
                + "|> PIVOT(SUM(total) AS t FOR id IN (1, 2 AS two))",
            [
                "customer_id INT64: copied orders.customer_id",
                "t__1 NUMERIC: computed orders.id, aggregated orders.total",
                "t_two NUMERIC: computed orders.id, aggregated orders.total",
            ]),
        Case(
            "pipe: table of unknown columns", .bigQuery, "FROM other.t |> SET a = b |> WHERE c > 0 |> SELECT a, d",
            "FROM other.t AS t |> SET a = t.b |> WHERE c > 0 |> SELECT a, d",
            ["a ?: copied other.t.b", "d ?: copied other.t.d"], filters: "other.t.c"),
    ]

    // MARK: What makes tables of tables

    static let tables: [Case] = [
        Case(
            "PIVOT", .bigQuery,
            "SELECT * FROM (SELECT customer_id, id, total FROM shop.orders) PIVOT(SUM(total), COUNT(*) AS n FOR id IN (1, 2)) AS p",
            "SELECT p.customer_id, p._1, p.n__1, p._2, p.n__2 FROM (SELECT orders.customer_id, orders.id, orders.total "
                + "FROM shop.orders AS orders) PIVOT(SUM(total), COUNT(*) AS n FOR id IN (1, 2)) AS p",
            [
                "customer_id INT64: copied orders.customer_id",
                "_1 NUMERIC: computed orders.id, aggregated orders.total", "n__1 INT64: computed orders.id",
                "_2 NUMERIC: computed orders.id, aggregated orders.total", "n__2 INT64: computed orders.id",
            ]),
        Case(
            "UNPIVOT", .bigQuery,
            "SELECT placed_at, v, k FROM shop.orders UNPIVOT(v FOR k IN (id, customer_id)) WHERE total > 1",
            "SELECT placed_at, v, k FROM shop.orders AS orders UNPIVOT (v FOR k IN (id, customer_id)) WHERE total > 1",
            [
                "placed_at TIMESTAMP: copied orders.placed_at", "v INT64: copied orders.customer_id orders.id",
                "k STRING: ",
            ], filters: "orders.total"),
        Case(
            "UNPIVOT of several columns", .bigQuery,
            "SELECT * FROM shop.orders UNPIVOT((a, b) FOR k IN ((id, total) AS 1, (customer_id, total) AS 2)) AS u",
            "SELECT u.placed_at, u.a, u.b, u.k FROM shop.orders AS orders "
                + "UNPIVOT ((a, b) FOR k IN ((id, total) AS 1, (customer_id, total) AS 2)) AS u",
            [
                "placed_at TIMESTAMP: copied orders.placed_at", "a INT64: copied orders.customer_id orders.id",
                "b NUMERIC: copied orders.total", "k INT64: ",
            ]),
        Case(
            "UNNEST WITH OFFSET", .bigQuery,
            "SELECT sku, place FROM shop.carts AS c CROSS JOIN UNNEST(c.items) WITH OFFSET AS place WHERE count > 1",
            "SELECT sku, place FROM shop.carts AS c CROSS JOIN UNNEST(c.items) WITH OFFSET AS place WHERE count > 1",
            ["sku STRING: computed carts.items", "place INT64: "], filters: "carts.items"),
        Case(
            "wildcard table", .bigQuery, "SELECT id, _TABLE_SUFFIX AS s FROM `shop.order*` WHERE _TABLE_SUFFIX > '1'",
            "SELECT `order*`.id, _TABLE_SUFFIX AS s FROM `shop`.`order*` AS `order*` WHERE _TABLE_SUFFIX > '1'",
            ["id INT64: copied order*.id", "s ?: "]),
        Case(
            "VALUES and TABLE", .postgres,
            "WITH v(a, b) AS (VALUES (1, 'x'), (2.5, NULL)) SELECT a, b FROM v WHERE a IN (TABLE ids)",
            "WITH v(a, b) AS (VALUES (1, 'x'), (2.5, NULL)) SELECT v.a, v.b FROM v AS v WHERE v.a IN (TABLE ids)",
            ["a numeric: ", "b text: "]),
    ]

    // MARK: Structs

    static let structs: [Case] = [
        Case(
            "star of a struct", .bigQuery,
            "SELECT s.* FROM (SELECT STRUCT(id AS a, name AS b) AS s FROM shop.carts JOIN shop.customers ON true) AS q",
            "SELECT q.s.a, q.s.b FROM (SELECT STRUCT(carts.id AS a, customers.name AS b) AS s FROM shop.carts AS carts "
                + "JOIN shop.customers AS customers ON TRUE) AS q",
            ["a INT64: computed carts.id customers.name", "b STRING: computed carts.id customers.name"]),
        Case(
            "fields of fields", .bigQuery,
            "SELECT s.x.y, q.s.x FROM (SELECT STRUCT(STRUCT(id AS y) AS x) AS s FROM shop.carts) AS q",
            "SELECT q.s.x.y, q.s.x FROM (SELECT STRUCT(STRUCT(carts.id AS y) AS x) AS s FROM shop.carts AS carts) AS q",
            ["y INT64: computed carts.id", "x STRUCT<y INT64>: computed carts.id"]),
        Case(
            "element of an array of structs", .bigQuery,
            "SELECT items[0].sku, (items[OFFSET(1)]).*, i FROM shop.carts, UNNEST(items) AS i",
            "SELECT carts.items[0].sku, carts.items[OFFSET(1)].sku, carts.items[OFFSET(1)].count, i FROM shop.carts AS carts, UNNEST(carts.items) AS i",
            [
                "sku STRING: computed carts.items", "sku STRING: computed carts.items",
                "count INT64: computed carts.items",
                "i STRUCT<sku STRING, count INT64>: computed carts.items",
            ]),
        Case(
            "SELECT AS STRUCT and AS VALUE", .bigQuery,
            "SELECT ARRAY(SELECT AS STRUCT id, total FROM shop.orders) AS o, v.a FROM (SELECT AS VALUE STRUCT(1 AS a)) AS v",
            "SELECT ARRAY(SELECT AS STRUCT orders.id, orders.total FROM shop.orders AS orders) AS o, v.a FROM (SELECT AS VALUE STRUCT(1 AS a)) AS v",
            ["o ARRAY<STRUCT<id INT64, total NUMERIC>>: computed orders.id orders.total", "a INT64: "]),
        Case(
            "array of an alias, with a subquery", .bigQuery,
            "SELECT (SELECT SUM(i.count) FROM UNNEST(c.items) AS i WHERE i.sku <> '') AS n FROM shop.carts AS c",
            "SELECT (SELECT SUM(i.count) FROM UNNEST(c.items) AS i WHERE i.sku <> '') AS n FROM shop.carts AS c",
            ["n INT64: aggregated carts.items"]),
    ]

    // MARK: Set operations

    static let sets: [Case] = [
        Case(
            "UNION ALL BY NAME", .bigQuery,
            "SELECT id AS a, total AS b FROM shop.orders UNION ALL BY NAME SELECT 1 AS b, customer_id AS a FROM shop.customers",
            "SELECT orders.id AS a, orders.total AS b FROM shop.orders AS orders UNION ALL BY NAME "
                + "SELECT 1 AS b, customers.customer_id AS a FROM shop.customers AS customers",
            ["a INT64: copied customers.customer_id orders.id", "b NUMERIC: copied orders.total"]),
        Case(
            "FULL UNION ALL BY NAME", .bigQuery,
            "SELECT id AS a FROM shop.orders WHERE true FULL UNION ALL BY NAME SELECT customer_id AS b FROM shop.customers",
            "SELECT orders.id AS a FROM shop.orders AS orders WHERE TRUE FULL OUTER UNION ALL BY NAME "
                + "SELECT customers.customer_id AS b FROM shop.customers AS customers",
            ["a INT64: copied orders.id", "b INT64: copied customers.customer_id"]),
        Case(
            "UNION ALL CORRESPONDING", .bigQuery,
            "SELECT id, total FROM shop.orders UNION ALL CORRESPONDING SELECT total, name FROM shop.orders JOIN shop.customers USING (customer_id)",
            "SELECT orders.id, orders.total FROM shop.orders AS orders UNION ALL CORRESPONDING SELECT orders.total, customers.name "
                + "FROM shop.orders AS orders JOIN shop.customers AS customers USING (customer_id)",
            ["total NUMERIC: copied orders.total"], filters: "customers.customer_id orders.customer_id"),
        Case(
            "INTERSECT, with ORDER BY behind", .postgres,
            "SELECT id FROM orders INTERSECT SELECT customer_id FROM customers ORDER BY id",
            "SELECT orders.id FROM orders AS orders INTERSECT SELECT customers.customer_id FROM customers AS customers ORDER BY id",
            ["id bigint: copied customers.customer_id orders.id"]),
        Case(
            "recursive WITH, with a WITH inside", .postgres,
            "WITH RECURSIVE t(n, s) AS (WITH o AS (SELECT id, total FROM orders) SELECT id, total FROM o UNION ALL "
                + "SELECT n + 1, s FROM t WHERE n < 9) SELECT n, MAX(s) AS m FROM t GROUP BY n",
            "WITH RECURSIVE t(n, s) AS (WITH o AS (SELECT orders.id, orders.total FROM orders AS orders) SELECT o.id, o.total FROM o AS o "
                + "UNION ALL SELECT t.n + 1, t.s FROM t AS t WHERE t.n < 9) SELECT t.n, MAX(t.s) AS m FROM t AS t GROUP BY t.n",
            ["n bigint: computed orders.id", "m numeric: aggregated orders.total"], filters: "orders.id"),
    ]

    // MARK: Windows

    static let windows: [Case] = [
        Case(
            "named windows", .postgres,
            "SELECT SUM(total) OVER w AS s, RANK() OVER (w ORDER BY id) AS r FROM orders WINDOW w AS (PARTITION BY customer_id)",
            "SELECT SUM(orders.total) OVER w AS s, RANK() OVER (w ORDER BY orders.id) AS r FROM orders AS orders "
                + "WINDOW w AS (PARTITION BY orders.customer_id)",
            [
                "s numeric: computed orders.customer_id orders.total",
                "r bigint: computed orders.customer_id orders.id",
            ]),
        Case(
            "QUALIFY", .bigQuery,
            "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY placed_at) AS n FROM shop.orders QUALIFY n = 1",
            "SELECT orders.id, ROW_NUMBER() OVER (PARTITION BY orders.customer_id ORDER BY orders.placed_at) AS n "
                + "FROM shop.orders AS orders QUALIFY n = 1",
            ["id INT64: copied orders.id", "n INT64: computed orders.customer_id orders.placed_at"],
            filters: "orders.customer_id orders.placed_at"),
    ]

    // MARK: PostgreSQL

    static let postgres: [Case] = [
        Case(
            "correlated subquery and LATERAL", .postgres,
            "SELECT l.t, (SELECT name FROM customers WHERE customers.customer_id = o.customer_id) AS n FROM orders AS o "
                + "CROSS JOIN LATERAL (SELECT o.total + 1 AS t) AS l",
            "SELECT l.t, (SELECT customers.name FROM customers AS customers WHERE customers.customer_id = o.customer_id) AS n "
                + "FROM orders AS o CROSS JOIN LATERAL (SELECT o.total + 1 AS t) AS l",
            [
                "t numeric: computed orders.total",
                "n text: copied customers.name, computed customers.customer_id orders.customer_id",
            ]),
        Case(
            "NATURAL and USING of three", .postgres,
            "SELECT customer_id, a.total FROM orders AS a JOIN customers AS b USING (customer_id) NATURAL JOIN orders AS c",
            "SELECT customer_id, a.total FROM orders AS a JOIN customers AS b USING (customer_id) NATURAL JOIN orders AS c",
            [
                "customer_id bigint: copied customers.customer_id orders.customer_id",
                "total numeric: copied orders.total",
            ], filters: "customers.customer_id orders.customer_id orders.id orders.placed_at orders.total"),
        Case(
            "join in parentheses under an alias", .postgres,
            "SELECT j.name, j.id FROM (orders CROSS JOIN (SELECT name FROM customers) AS c) AS j",
            "SELECT j.name, j.id FROM (orders AS orders CROSS JOIN (SELECT customers.name FROM customers AS customers) AS c) AS j",
            ["name text: copied customers.name", "id bigint: copied orders.id"]),
        Case(
            "table functions", .postgres,
            "SELECT e.value, k.key, n, g FROM jsonb_each('{}') AS k, jsonb_array_elements(k.value) AS e, "
                + "generate_series(1, 3) WITH ORDINALITY AS g(g, n)",
            "SELECT e.value, k.key, g.n, g.g FROM jsonb_each('{}') AS k, jsonb_array_elements(k.value) AS e, "
                + "generate_series(1, 3) WITH ORDINALITY AS g(g, n)",
            ["value jsonb: ", "key text: ", "n bigint: ", "g integer: "]),
        Case(
            "DISTINCT ON", .postgres,
            "SELECT DISTINCT ON (customer_id) id FROM orders ORDER BY customer_id, placed_at DESC",
            "SELECT DISTINCT ON (orders.customer_id) orders.id FROM orders AS orders ORDER BY orders.customer_id, orders.placed_at DESC",
            ["id bigint: copied orders.id"], filters: "orders.customer_id"),
        Case(
            "star over a table of unknown columns", .postgres,
            "WITH c AS (SELECT * FROM elsewhere.t) SELECT a, b + 1 AS d FROM c WHERE e",
            "WITH c AS (SELECT * FROM elsewhere.t AS t) SELECT c.a, c.b + 1 AS d FROM c AS c WHERE c.e",
            ["a ?: copied elsewhere.t.a", "d ?: computed elsewhere.t.b"], filters: "elsewhere.t.e"),
        Case(
            "changing WITH", .postgres,
            "WITH d AS (DELETE FROM orders WHERE total = 0 RETURNING id, total AS t) SELECT id, t FROM d",
            "WITH d AS (DELETE FROM orders AS orders WHERE orders.total = 0 RETURNING orders.id, orders.total AS t) "
                + "SELECT d.id, d.t FROM d AS d",
            ["id bigint: copied orders.id", "t numeric: copied orders.total"], filters: "orders.total"),
    ]
}
