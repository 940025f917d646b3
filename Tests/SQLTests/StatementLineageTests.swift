import SQL
import Testing

@Suite("Names and lineage of statements that write") struct StatementLineageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let qualified: String
        /// The table, and `column: sources` of each column that is written.
        let written: [String]
        var filters = ""
        var returned: [String] = []
        var testDescription: String { text }
    }

    static let postgres: [Case] = [
        Case(
            text: "INSERT INTO customers (name, customer_id) SELECT 'x' || id, id FROM orders WHERE total > 1",
            qualified:
                "INSERT INTO customers (name, customer_id) SELECT 'x' || orders.id, orders.id FROM orders AS orders "
                + "WHERE orders.total > 1",
            written: ["customers", "name: computed orders.id", "customer_id: copied orders.id"], filters: "orders.total"
        ),
        Case(
            text: "INSERT INTO customers AS c SELECT id, 'x' FROM orders ON CONFLICT (customer_id) DO UPDATE SET "
                + "name = c.name || excluded.name WHERE excluded.customer_id > 3 RETURNING *",
            qualified:
                "INSERT INTO customers AS c SELECT orders.id, 'x' FROM orders AS orders ON CONFLICT (customer_id) DO "
                + "UPDATE SET name = c.name || excluded.name WHERE excluded.customer_id > 3 RETURNING c.customer_id, c.name",
            written: ["customers", "customer_id: copied orders.id", "name: computed customers.name"],
            returned: ["customer_id", "name"]),
        Case(
            text: "UPDATE orders SET total = total + n, (placed_at, customer_id) = (SELECT now(), c.customer_id) "
                + "FROM (SELECT customer_id, length(name) AS n FROM customers) AS c WHERE c.customer_id = orders.customer_id "
                + "RETURNING id, n",
            qualified:
                "UPDATE orders AS orders SET total = orders.total + c.n, (placed_at, customer_id) = (SELECT now(), c.customer_id) "
                + "FROM (SELECT customers.customer_id, length(customers.name) AS n FROM customers AS customers) AS c "
                + "WHERE c.customer_id = orders.customer_id RETURNING orders.id, c.n",
            written: [
                "orders", "total: computed customers.name orders.total", "placed_at: copied customers.customer_id",
                "customer_id: copied customers.customer_id",
            ], filters: "customers.customer_id orders.customer_id", returned: ["id", "n"]),
        Case(
            text: "DELETE FROM orders AS o USING customers AS c WHERE o.customer_id = c.customer_id AND name = 'x'",
            qualified:
                "DELETE FROM orders AS o USING customers AS c WHERE o.customer_id = c.customer_id AND c.name = 'x'",
            written: ["orders"], filters: "customers.customer_id customers.name orders.customer_id"),
        Case(
            text: "MERGE INTO customers AS c USING (SELECT customer_id, MAX(total) AS t FROM orders GROUP BY 1) AS o "
                + "ON o.customer_id = c.customer_id WHEN MATCHED AND t > 5 THEN UPDATE SET name = name || t "
                + "WHEN NOT MATCHED THEN INSERT (customer_id, name) VALUES (o.customer_id, t::text)",
            qualified:
                "MERGE INTO customers AS c USING (SELECT orders.customer_id, MAX(orders.total) AS t FROM orders AS orders GROUP BY 1) AS o "
                + "ON o.customer_id = c.customer_id WHEN MATCHED AND o.t > 5 THEN UPDATE SET name = c.name || o.t "
                + "WHEN NOT MATCHED THEN INSERT (customer_id, name) VALUES (o.customer_id, o.t::text)",
            written: [
                "customers", "name: computed customers.name, aggregated orders.total",
                "customer_id: copied orders.customer_id",
            ], filters: "customers.customer_id orders.customer_id orders.total"),
        Case(
            text: "CREATE TABLE t AS WITH o AS (SELECT id, total FROM orders) SELECT id, total * 2 AS d FROM o",
            qualified: "CREATE TABLE t AS WITH o AS (SELECT orders.id, orders.total FROM orders AS orders) "
                + "SELECT o.id, o.total * 2 AS d FROM o AS o",
            written: ["t", "id: copied orders.id", "d: computed orders.total"]),
        Case(
            text: "CREATE VIEW v (a, b) AS SELECT id, name FROM orders JOIN customers USING (customer_id)",
            qualified: "CREATE VIEW v (a, b) AS SELECT orders.id, customers.name FROM orders AS orders "
                + "JOIN customers AS customers USING (customer_id)",
            written: ["v", "a: copied orders.id", "b: copied customers.name"],
            filters: "customers.customer_id orders.customer_id"),
        Case(
            text: "EXPLAIN SELECT id FROM orders", qualified: "EXPLAIN SELECT orders.id FROM orders AS orders",
            written: ["", "id: copied orders.id"], returned: ["id"]),
    ]

    static let bigQuery: [Case] = [
        Case(
            text:
                "MERGE shop.customers AS c USING shop.customers AS n ON c.customer_id = n.customer_id WHEN NOT MATCHED THEN INSERT ROW "
                + "WHEN NOT MATCHED BY SOURCE THEN DELETE",
            qualified:
                "MERGE INTO shop.customers AS c USING shop.customers AS n ON c.customer_id = n.customer_id WHEN NOT MATCHED THEN INSERT ROW "
                + "WHEN NOT MATCHED BY SOURCE THEN DELETE",
            written: ["shop.customers", "customer_id: copied customers.customer_id", "name: copied customers.name"],
            filters: "customers.customer_id"),
        Case(
            text:
                "CREATE OR REPLACE TABLE shop.t AS FROM shop.orders |> AGGREGATE SUM(total) AS s GROUP BY customer_id",
            qualified:
                "CREATE OR REPLACE TABLE shop.t AS FROM shop.orders AS orders |> AGGREGATE SUM(orders.total) AS s "
                + "GROUP BY orders.customer_id",
            written: ["shop.t", "customer_id: copied orders.customer_id", "s: aggregated orders.total"],
            filters: "orders.customer_id"),
    ]

    @Test("in PostgreSQL", arguments: postgres) func readsPostgres(_ statement: Case) throws {
        try check(statement, .postgres)
    }

    @Test("in GoogleSQL", arguments: bigQuery) func readsBigQuery(_ statement: Case) throws {
        try check(statement, .bigQuery)
    }

    private func check(_ expected: Case, _ dialect: SQLDialect) throws {
        let catalog = QualifyTests.catalog(dialect)
        let statement = try #require(try parseStatements(expected.text, dialect: dialect).first)
        let result = try statement.qualified(in: catalog)
        #expect(result.statement.sql(dialect) == expected.qualified)
        #expect(result.columns.map(\.name) == expected.returned)
        #expect(result.isComplete)
        let lineage = try statement.lineage(in: catalog)
        let columns = lineage.columns.map { column in
            let parts = ConstructTests.text(of: column, dialect).split(separator: ": ", maxSplits: 1)
            return "\(column.name): \(parts.count > 1 ? parts[1] : "")"
        }
        #expect([lineage.table?.description ?? ""] + columns == expected.written)
        #expect(lineage.filters.map(ConstructTests.short).sorted().joined(separator: " ") == expected.filters)
        let again = try #require(try parseStatements(expected.qualified, dialect: dialect).first)
        #expect(try again.qualified(in: catalog).statement == result.statement)
    }
}

@Suite("Wrong names are said, with what was perhaps meant") struct NameErrorTests {
    @Test(
        "wherever they stand",
        arguments: [
            ("FROM shop.orders |> WHERE totl > 1", SQLError.Code.unknownColumn, "Did you mean total?"),
            ("FROM shop.orders |> SELECT id AS key |> WHERE kye > 1", .unknownColumn, "Did you mean key?"),
            ("FROM shop.orders |> SELECT id |> SELECT total", .unknownColumn, "There is no column total here."),
            ("FROM shop.orders |> DROP totals", .unknownColumn, "no column totals to DROP. Did you mean total?"),
            ("FROM shop.orders |> RENAME ids AS x", .unknownColumn, "no column ids to RENAME. Did you mean id?"),
            ("FROM shop.orders |> SET totl = 1", .unknownColumn, "no column totl to SET"),
            ("FROM shop.orders |> AGGREGATE SUM(total) AS s |> ORDER BY total", .unknownColumn, "no column total here"),
            ("FROM shop.orders |> EXTEND 1 AS id |> WHERE id = 1", .ambiguousColumn, "the pipe have a column id"),
            ("FROM shop.orders |> JOIN shop.customers USING (custmer_id)", .unknownColumn, "Did you mean customer_id?"),
            ("FROM shop.orders AS o |> SELECT id |> WHERE o.id = 1", .unknownTable, "goes by the name o."),
            ("SELECT * FROM shop.orders PIVOT(SUM(totl) FOR id IN (1))", .unknownColumn, "Did you mean total?"),
            (
                "SELECT p.total FROM shop.orders PIVOT(SUM(total) FOR id IN (1)) AS p", .unknownColumn,
                "No column total in p."
            ),
            ("SELECT * FROM shop.orders UNPIVOT(v FOR k IN (id, ids)) AS u", .unknownColumn, "Did you mean id?"),
            ("SELECT i.sko FROM shop.carts, UNNEST(items) AS i WHERE x", .unknownColumn, "No column x"),
            ("SELECT * EXCEPT (totl) FROM shop.orders", .unknownColumn, "to leave out. Did you mean total?"),
            ("SELECT * REPLACE (1 AS totl) FROM shop.orders", .unknownColumn, "to replace. Did you mean total?"),
            ("SELECT c.* FROM shop.orders AS o", .unknownColumn, "No column c in o."),
            (
                "SELECT id FROM shop.orders UNION ALL BY NAME SELECT customer_id FROM shop.customers", .unknownColumn,
                "BY NAME wants the column id"
            ),
            (
                "SELECT id, total FROM shop.orders UNION ALL SELECT customer_id FROM shop.customers", .unresolved,
                "return 2 and 1 columns"
            ),
            ("SELECT id FROM shop.orders UNION ALL SELECT 1 ORDER BY di", .unknownColumn, "Did you mean id?"),
            (
                "SELECT SUM(total) OVER wi FROM shop.orders WINDOW win AS (ORDER BY id)", .unresolved,
                "Did you mean win?"
            ),
            (
                "SELECT id FROM shop.orders QUALIFY ROW_NUMBER() OVER (ORDER BY totl) = 1", .unknownColumn,
                "Did you mean total?"
            ),
            (
                "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT j + 1 FROM n) SELECT i FROM n", .unknownColumn,
                "No column j in n."
            ),
            (
                "SELECT (SELECT MAX(o.totl) FROM shop.orders AS o WHERE o.id = c.customer_id) FROM shop.customers AS c",
                .unknownColumn, "Did you mean total?"
            ),
            ("UPDATE shop.orders SET totl = 1 WHERE id = 1", .unknownColumn, "no column totl. Did you mean total?"),
            ("INSERT INTO shop.customers (nam) SELECT 'x'", .unknownColumn, "no column nam. Did you mean name?"),
            (
                "INSERT INTO shop.customers (name) SELECT id, total FROM shop.orders", .unresolved,
                "names 1 columns, and the query returns 2"
            ),
            ("DELETE FROM shop.orders WHERE totl = 1", .unknownColumn, "Did you mean total?"),
            (
                "MERGE shop.orders AS o USING shop.customers AS c ON o.customer_id = c.customer_id WHEN MATCHED THEN UPDATE SET total = nme",
                .unknownColumn, "Did you mean name?"
            ),
        ]) func errors(text: String, code: SQLError.Code, words: String) throws
    {
        let statement = try #require(try parseStatements(text, dialect: .bigQuery).first)
        let error = #expect(throws: SQLError.self) { try statement.qualified(in: QualifyTests.bigQuery) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "none")")
    }

    @Test("several at once, each once") func several() throws {
        let text =
            "SELECT totl, o.nope, c.x AS y, name FROM shop.orders AS o JOIN shop.customers AS c ON o.custmer_id = c.customer_id "
            + "WHERE zz > 1 ORDER BY y"
        let query = try parseQuery(text, dialect: .postgres)
        let errors = query.nameErrors(in: QualifyTests.postgres)
        let messages = errors.map { $0.placed(in: text) }.map { "\($0.column) \($0.message)" }
        #expect(
            messages == [
                "87 No column custmer_id in o. Did you mean customer_id?", "122 No column zz in o, c.",
                "8 No column totl in o, c. Did you mean total?", "14 No column nope in o.", "22 No column x in c.",
            ])
        #expect(
            try parseQuery("SELECT id FROM shop.orders", dialect: .postgres).nameErrors(in: QualifyTests.postgres)
                .isEmpty)
    }
}
