import SQL
import Testing

@Suite("What decides which rows there are") struct RowLineageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let dialect: SQLDialect
        let text: String
        let filters: String
        var testDescription: String { text }

        init(_ dialect: SQLDialect, _ text: String, _ filters: String) {
            (self.dialect, self.text, self.filters) = (dialect, text, filters)
        }
    }

    static let cases: [Case] = [
        // Keys of groups, however they are named: the column may be in no other place of the query.
        Case(.postgres, "SELECT count(*) AS n FROM orders GROUP BY customer_id", "orders.customer_id"),
        Case(.postgres, "SELECT customer_id, sum(total) AS t FROM orders GROUP BY 1", "orders.customer_id"),
        Case(
            .postgres, "SELECT date_trunc('day', placed_at) AS d, count(*) AS n FROM orders GROUP BY d",
            "orders.placed_at"),
        Case(.bigQuery, "SELECT customer_id, SUM(total) AS t FROM shop.orders GROUP BY ALL", "orders.customer_id"),
        Case(
            .postgres, "SELECT sum(total) AS t FROM orders GROUP BY ROLLUP (customer_id, (placed_at))",
            "orders.customer_id orders.placed_at"),
        Case(
            .postgres, "SELECT sum(total) AS t FROM orders GROUP BY GROUPING SETS ((customer_id), CUBE (id), ())",
            "orders.customer_id orders.id"),
        Case(
            .postgres, "SELECT DISTINCT ON (customer_id) id FROM orders ORDER BY customer_id, placed_at",
            "orders.customer_id"),
        Case(
            .bigQuery, "FROM shop.orders |> AGGREGATE COUNT(*) AS n GROUP BY customer_id AS c |> SELECT n",
            "orders.customer_id"),
        // An order decides only where rows are cut off.
        Case(.postgres, "SELECT id FROM orders ORDER BY total", ""),
        Case(.postgres, "SELECT id FROM orders LIMIT 3", ""),
        Case(.postgres, "SELECT id FROM orders ORDER BY total LIMIT 3", "orders.total"),
        Case(.postgres, "SELECT id FROM orders ORDER BY total OFFSET 3", "orders.total"),
        Case(.postgres, "SELECT id FROM orders ORDER BY total FETCH FIRST ROW ONLY", "orders.total"),
        Case(.postgres, "SELECT total + 1 AS t FROM orders ORDER BY t LIMIT 3", "orders.total"),
        Case(.postgres, "SELECT id, total FROM orders ORDER BY 2 LIMIT 3", "orders.total"),
        Case(
            .postgres, "SELECT id FROM orders UNION SELECT customer_id FROM customers ORDER BY 1 LIMIT 3",
            "customers.customer_id orders.id"),
        Case(
            .postgres, "SELECT n FROM (SELECT name AS n, customer_id FROM customers ORDER BY customer_id LIMIT 1) c",
            "customers.customer_id"),
        Case(.bigQuery, "FROM shop.orders |> ORDER BY total |> SELECT id |> LIMIT 3", "orders.total"),
        Case(.bigQuery, "FROM shop.orders |> ORDER BY total |> SELECT id", ""),
        Case(
            .bigQuery,
            "FROM shop.orders |> AGGREGATE SUM(total) AS s GROUP AND ORDER BY placed_at |> SELECT s |> LIMIT 3",
            "orders.placed_at"),
        // Everything together.
        Case(
            .postgres,
            "SELECT name FROM orders JOIN customers USING (customer_id) WHERE total > 1 GROUP BY name "
                + "HAVING max(placed_at) > now() ORDER BY min(id) LIMIT 1",
            "customers.customer_id customers.name orders.customer_id orders.id orders.placed_at orders.total"),
    ]

    @Test(arguments: cases) func rows(_ one: Case) throws {
        let query = try parseQuery(one.text, dialect: one.dialect)
        let lineage = try query.lineage(in: QualifyTests.catalog(one.dialect))
        #expect(lineage.filters.map(ConstructTests.short).sorted().joined(separator: " ") == one.filters)
    }
}
