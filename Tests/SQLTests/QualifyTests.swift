import SQL
import Testing

@Suite("Names are resolved") struct QualifyTests {
    static let postgres = catalog(.postgres)
    static let bigQuery = catalog(.bigQuery)

    static func catalog(_ dialect: SQLDialect) -> SchemaCatalog {
        var catalog = SchemaCatalog(dialect: dialect)
        catalog.add(
            QualifiedName("shop", "orders"),
            columns: [
                .init("id", .int64), .init("customer_id", .int64), .init("total", .numeric),
                .init("placed_at", .timestampTZ),
            ])
        catalog.add(QualifiedName("shop", "customers"), columns: [.init("customer_id", .int64), .init("name", .text)])
        let item = DataType(
            kind: .structure([
                .init(name: "sku", type: DataType(kind: .text)), .init(name: "count", type: DataType(kind: .int64)),
            ]))
        catalog.add(QualifiedName("shop", "carts"), columns: [.init("id", .int64), .init("items", .array(item))])
        return catalog
    }

    @Test(
        "in PostgreSQL",
        arguments: [
            ("SELECT id FROM shop.orders", "SELECT orders.id FROM shop.orders AS orders"),
            ("SELECT * FROM orders AS o", "SELECT o.id, o.customer_id, o.total, o.placed_at FROM orders AS o"),
            (
                "SELECT * FROM orders JOIN customers USING (customer_id)",
                "SELECT customer_id, orders.id, orders.total, orders.placed_at, customers.name FROM orders AS orders "
                    + "JOIN customers AS customers USING (customer_id)"
            ),
            (
                "SELECT c.*, total FROM orders AS o NATURAL JOIN customers AS c",
                "SELECT c.customer_id, c.name, o.total FROM orders AS o NATURAL JOIN customers AS c"
            ),
            (
                "WITH t(a, b) AS (SELECT id, total FROM orders) SELECT a, SUM(b) AS s FROM t GROUP BY a HAVING SUM(b) > 1 "
                    + "ORDER BY s, a",
                "WITH t(a, b) AS (SELECT orders.id, orders.total FROM orders AS orders) SELECT t.a, SUM(t.b) AS s "
                    + "FROM t AS t GROUP BY t.a HAVING SUM(t.b) > 1 ORDER BY s, a"
            ),
            (
                "SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders AS o WHERE o.customer_id = customers.customer_id AND name <> '')",
                "SELECT customers.name FROM customers AS customers WHERE EXISTS (SELECT 1 FROM orders AS o "
                    + "WHERE o.customer_id = customers.customer_id AND customers.name <> '')"
            ),
            (
                "SELECT x.n, total FROM orders, LATERAL (SELECT total + 1 AS n) AS x",
                "SELECT x.n, orders.total FROM orders AS orders, LATERAL (SELECT orders.total + 1 AS n) AS x"
            ),
            (
                "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n",
                "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT n.i + 1 FROM n AS n WHERE n.i < 9) SELECT n.i FROM n AS n"
            ),
            ("SELECT g FROM generate_series(1, 3) AS g", "SELECT g.g FROM generate_series(1, 3) AS g"),
            (
                "SELECT date_trunc('day', placed_at) AS day, COUNT(*) FROM shop.orders GROUP BY day",
                "SELECT date_trunc('day', orders.placed_at) AS day, COUNT(*) FROM shop.orders AS orders GROUP BY day"
            ),
            ("SELECT shop.orders.id FROM shop.orders", "SELECT orders.id FROM shop.orders AS orders"),
            ("SELECT a, t.b FROM unknown AS t", "SELECT t.a, t.b FROM unknown AS t"),
        ]) func postgres(text: String, expected: String) throws
    {
        let result = try parseQuery(text, dialect: .postgres).qualified(in: Self.postgres)
        #expect(result.query.sql(.postgres) == expected)
    }

    @Test(
        "in GoogleSQL",
        arguments: [
            (
                "SELECT * EXCEPT (total) REPLACE (id + 1 AS id) FROM shop.orders",
                "SELECT orders.id + 1 AS id, orders.customer_id, orders.placed_at FROM shop.orders AS orders"
            ),
            (
                "SELECT id, i.sku, count, o FROM shop.carts, UNNEST(items) AS i WITH OFFSET AS o",
                "SELECT carts.id, i.sku, i.count, o FROM shop.carts AS carts, UNNEST(carts.items) AS i WITH OFFSET AS o"
            ),
            (
                "SELECT i.sku FROM shop.carts AS c, c.items AS i",
                "SELECT i.sku FROM shop.carts AS c, c.items AS i"
            ),
            ("SELECT x FROM UNNEST([1, 2]) AS x", "SELECT x FROM UNNEST([1, 2]) AS x"),
            (
                "SELECT customer_id AS c, SUM(total) AS s FROM shop.orders GROUP BY c HAVING s > 1 ORDER BY s",
                "SELECT orders.customer_id AS c, SUM(orders.total) AS s FROM shop.orders AS orders GROUP BY c HAVING s > 1 ORDER BY s"
            ),
        ]) func bigQuery(text: String, expected: String) throws
    {
        let result = try parseQuery(text, dialect: .bigQuery).qualified(in: Self.bigQuery)
        #expect(result.query.sql(.bigQuery) == expected)
    }

    @Test(
        "or named in the error",
        arguments: [
            ("SELECT nme FROM customers", SQLError.Code.unknownColumn, "Did you mean name?"),
            ("SELECT c.nope FROM customers AS c", .unknownColumn, "No column nope in c."),
            ("SELECT customer_id FROM customers, orders", .ambiguousColumn, "Both customers and orders"),
            ("SELECT custmers.name FROM customers", .unknownTable, "Did you mean customers?"),
            ("SELECT 1 FROM customers JOIN orders USING (nope)", .unknownColumn, "USING needs a column nope"),
            ("SELECT x.y FROM orders, (SELECT orders.id AS y) AS x", .unknownTable, "No table of this query"),
        ]) func errors(text: String, code: SQLError.Code, words: String) throws
    {
        let query = try parseQuery(text, dialect: .postgres)
        let error = #expect(throws: SQLError.self) { try query.qualified(in: Self.postgres) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true)
    }

    @Test(
        "and the types of what comes out are told",
        arguments: [
            (
                "SELECT id, total, COUNT(*), SUM(id), SUM(total), AVG(id) FROM orders GROUP BY 1, 2",
                ["id bigint", "total numeric", "count bigint", "sum numeric", "sum numeric", "avg numeric"]
            ),
            (
                "SELECT placed_at::date AS d, placed_at - placed_at AS i, id / 2 AS h, name || 'x' AS n, id = 1 AS b "
                    + "FROM orders NATURAL JOIN customers",
                ["d date", "i interval", "h bigint", "n text", "b boolean"]
            ),
            (
                "SELECT CASE WHEN id = 1 THEN 1 ELSE total END AS c, COALESCE(NULL, name), ARRAY_AGG(id) AS a, "
                    + "EXTRACT(YEAR FROM placed_at) FROM orders NATURAL JOIN customers GROUP BY 1, 2, 4",
                ["c numeric", "coalesce text", "a bigint[]", "extract numeric"]
            ),
        ]) func types(text: String, expected: [String]) throws
    {
        let result = try parseQuery(text, dialect: .postgres).qualified(in: Self.postgres)
        let columns = result.columns.map { "\($0.name) \($0.type.map { DataType(kind: $0).sql(.postgres) } ?? "?")" }
        #expect(columns == expected)
    }
}

@Suite("Lineage") struct LineageTests {
    @Test(
        "of each construct",
        arguments: [
            (
                "SELECT id AS a, total + id AS b FROM orders",
                ["a: copied orders.id", "b: computed orders.id orders.total"], ""
            ),
            (
                "SELECT SUM(total) FILTER (WHERE id > 1) AS s, COUNT(*) AS n FROM orders WHERE placed_at > now()",
                ["s: aggregated orders.id orders.total", "n:"], "orders.placed_at"
            ),
            (
                "WITH t AS (SELECT id AS x, total AS y FROM orders) SELECT * FROM (SELECT x, y * 2 AS z FROM t) AS s",
                ["x: copied orders.id", "z: computed orders.total"], ""
            ),
            (
                "SELECT id FROM orders UNION ALL SELECT customer_id FROM customers",
                ["id: copied customers.customer_id orders.id"], ""
            ),
            (
                "SELECT id FROM orders EXCEPT SELECT customer_id FROM customers", ["id: copied orders.id"],
                "customers.customer_id"
            ),
            (
                "SELECT name FROM orders JOIN customers USING (customer_id)", ["name: copied customers.name"],
                "customers.customer_id orders.customer_id"
            ),
            (
                "SELECT ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY placed_at) AS n FROM orders",
                ["n: computed orders.customer_id orders.placed_at"], ""
            ),
            (
                "SELECT (SELECT MAX(total) FROM orders AS o WHERE o.customer_id = c.customer_id) AS m FROM customers AS c",
                ["m: aggregated orders.total, computed customers.customer_id orders.customer_id"], ""
            ),
            ("SELECT u AS item FROM carts, UNNEST(items) AS u", ["item: computed carts.items"], ""),
            (
                "WITH RECURSIVE n AS (SELECT id FROM orders UNION ALL SELECT n.id + 1 FROM n) SELECT id FROM n",
                ["id: computed orders.id"], ""
            ),
            ("SELECT a FROM elsewhere.t", ["a: copied elsewhere.t.a"], ""),
        ]) func constructs(text: String, expected: [String], filters: String) throws
    {
        let lineage = try parseQuery(text, dialect: .postgres).lineage(in: QualifyTests.postgres)
        let columns = lineage.columns.map { column -> String in
            let groups = [LineageUsage.copied, .aggregated, .computed].compactMap { usage -> String? in
                let names = column.sources.filter { $0.usage == usage }.map { Self.short($0.column) }.sorted()
                return names.isEmpty ? nil : "\(usage) \(names.joined(separator: " "))"
            }
            return "\(column.name):" + (groups.isEmpty ? "" : " " + groups.joined(separator: ", "))
        }
        #expect(columns == expected)
        #expect(lineage.filters.map(Self.short).sorted().joined(separator: " ") == filters)
    }

    private static func short(_ reference: SourceReference) -> String {
        let text = reference.description
        return text.hasPrefix("shop.") ? String(text.dropFirst(5)) : text
    }
}
