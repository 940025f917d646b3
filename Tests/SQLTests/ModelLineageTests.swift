import SQL
import Testing

@Suite("Lineage across models") struct ModelLineageTests {
    static func model(_ name: String, _ text: String) throws -> ModelLineage.Model {
        let parts = name.split(separator: ".").map { Identifier(String($0)) }
        return ModelLineage.Model(QualifiedName(parts), try parseQuery(text, dialect: .postgres))
    }

    static func reference(_ text: String) -> SourceReference {
        let parts = text.split(separator: ".").map(String.init)
        return SourceReference(table: parts.dropLast().joined(separator: "."), column: parts.last ?? "")
    }

    static func text(_ connection: ModelLineage.Connection) -> String {
        "\(connection.usage) \(connection.path.map(\.description).joined(separator: " > "))"
    }

    static let shop: [(String, String)] = [
        (
            "m.daily",
            "SELECT day, SUM(net) AS revenue, COUNT(DISTINCT customer_id) AS customers FROM m.clean JOIN m.names USING (customer_id) "
                + "WHERE name <> 'test' GROUP BY day"
        ),
        ("m.clean", "SELECT *, total * 0.8 AS net, placed_at::date AS day FROM shop.orders WHERE total > 0"),
        ("m.names", "SELECT customer_id, name FROM shop.customers"),
        ("m.report", "SELECT day, revenue / customers AS average FROM daily"),
        ("m.kept", "SELECT day FROM m.kept UNION SELECT day FROM m.daily"),
    ]

    static func lineage() throws -> ModelLineage {
        try ModelLineage(of: shop.map { try model($0.0, $0.1) }, catalog: QualifyTests.postgres)
    }

    @Test("parents stand before children") func order() throws {
        let names = try Self.lineage().models.map(\.description)
        #expect(names == ["m.clean", "m.names", "m.daily", "m.report", "m.kept"])
    }

    @Test("upstream goes to the tables outside, with the way and the strongest use") func upstream() throws {
        let lineage = try Self.lineage()
        #expect(
            lineage.upstream(of: Self.reference("m.report.average")).map(Self.text) == [
                "computed m.daily.revenue > m.report.average", "computed m.daily.customers > m.report.average",
                "aggregated m.clean.customer_id > m.daily.customers > m.report.average",
                "aggregated m.clean.net > m.daily.revenue > m.report.average",
                "aggregated m.names.customer_id > m.daily.customers > m.report.average",
                "aggregated shop.orders.customer_id > m.clean.customer_id > m.daily.customers > m.report.average",
                "aggregated shop.orders.total > m.clean.net > m.daily.revenue > m.report.average",
                "aggregated shop.customers.customer_id > m.names.customer_id > m.daily.customers > m.report.average",
            ])
        #expect(
            Set(lineage.origins(of: Self.reference("m.report.day")).map(\.column.description)) == [
                "shop.orders.placed_at"
            ])
        #expect(lineage.upstream(of: Self.reference("m.nothing.x")).isEmpty)
    }

    @Test("downstream goes to all that is made of a column") func downstream() throws {
        let lineage = try Self.lineage()
        #expect(
            lineage.downstream(of: Self.reference("shop.orders.placed_at")).map(Self.text) == [
                "copied shop.orders.placed_at > m.clean.placed_at", "computed shop.orders.placed_at > m.clean.day",
                "computed shop.orders.placed_at > m.clean.day > m.daily.day",
                "computed shop.orders.placed_at > m.clean.day > m.daily.day > m.report.day",
                "computed shop.orders.placed_at > m.clean.day > m.daily.day > m.kept.day",
            ])
    }

    @Test("models are named whose rows a column chooses") func filters() throws {
        let lineage = try Self.lineage()
        #expect(lineage.modelsFiltered(by: Self.reference("shop.customers.name")).map(\.description) == ["m.daily"])
        #expect(lineage.modelsFiltered(by: Self.reference("shop.orders.total")).map(\.description) == ["m.clean"])
        #expect(lineage.lineage(of: QualifiedName("m", "names"))?.columns.map(\.name) == ["customer_id", "name"])
    }

    @Test("a chain of 200 queries resolves from end to end") func chain() throws {
        var models = [try Self.model("m.c0", "SELECT id, total AS x FROM shop.orders")]
        for index in 1..<200 {
            let text =
                switch index % 4 {
                case 0: "WITH p AS (SELECT * FROM m.c\(index - 1)) SELECT id, x FROM p WHERE id > 0"
                case 1: "SELECT id, x + \(index) AS x FROM m.c\(index - 1)"
                case 2: "SELECT * FROM m.c\(index - 1)"
                default: "SELECT a.id, b.x FROM m.c\(index - 1) AS a JOIN m.c\(index - 1) AS b USING (id)"
                }
            models.append(try Self.model("m.c\(index)", text))
        }
        let lineage = try ModelLineage(of: models.reversed(), catalog: QualifyTests.postgres)
        #expect(lineage.models.map(\.description) == (0..<200).map { "m.c\($0)" })
        let origins = lineage.origins(of: Self.reference("m.c199.x"))
        #expect(origins.map(\.column.description) == ["shop.orders.total"])
        #expect(origins.map(\.path.count) == [201])
        #expect(origins.map(\.usage) == [.computed])
        #expect(lineage.lineage(of: QualifiedName("m", "c199"))?.columns.map(\.type) == [.int64, .numeric])
        #expect(lineage.downstream(of: Self.reference("shop.orders.total")).count == 200)
    }

    @Test("so do 200 models that join each other, without going twice any way") func graph() throws {
        // Each model joins the two before it: the ways double with every model.
        var models = [
            try Self.model("m.g0", "SELECT id, total AS x FROM shop.orders"),
            try Self.model("m.g1", "SELECT customer_id AS id, total AS x FROM shop.orders"),
        ]
        for index in 2..<200 {
            models.append(
                try Self.model(
                    "m.g\(index)",
                    "SELECT a.id, SUM(a.x + b.x) AS x FROM m.g\(index - 1) AS a JOIN m.g\(index - 2) AS b ON a.id = b.id GROUP BY a.id"
                ))
        }
        let lineage = try ModelLineage(of: models, catalog: QualifyTests.postgres)
        let all = lineage.upstream(of: Self.reference("m.g199.x"))
        #expect(all.count == 200)
        let total = all.first { $0.column.description == "shop.orders.total" }
        #expect(total?.usage == .aggregated)
        #expect(total?.path.count == 101)
        #expect(lineage.modelsFiltered(by: Self.reference("shop.orders.customer_id")).count == 198)
    }

    @Test("models of unknown tables, of which stars show what is asked for") func unknown() throws {
        let lineage = try ModelLineage(
            of: [try Self.model("m.a", "SELECT * FROM raw.t"), try Self.model("m.b", "SELECT x + 1 AS y FROM m.a")],
            catalog: SchemaCatalog(dialect: .postgres))
        #expect(lineage.upstream(of: Self.reference("m.b.y")).map(Self.text) == ["computed m.a.x > m.b.y"])
    }

    @Test("a circle is an error that names it") func circle() throws {
        let models = [
            try Self.model("m.a", "SELECT x FROM m.c"), try Self.model("m.b", "SELECT x FROM m.a"),
            try Self.model("m.c", "SELECT x FROM m.b"), try Self.model("m.d", "SELECT x FROM m.c"),
        ]
        let error = #expect(throws: SQLError.self) {
            try ModelLineage(of: models, catalog: SchemaCatalog(dialect: .postgres))
        }
        #expect(error?.code == .cycle)
        #expect(error?.message.contains("m.a reads m.c reads m.b reads m.a") == true)
    }

    @Test("what cannot be resolved is said with the model's name, and so are two of one name") func errors() throws {
        let wrong = try Self.model("m.a", "SELECT nme FROM shop.customers")
        let error = #expect(throws: SQLError.self) { try ModelLineage(of: [wrong], catalog: QualifyTests.postgres) }
        #expect(error?.code == .unknownColumn)
        #expect(error?.message.hasPrefix("m.a: ") == true)
        #expect(error?.message.contains("Did you mean name?") == true)
        let twice = #expect(throws: SQLError.self) {
            try ModelLineage(of: [wrong, wrong], catalog: QualifyTests.postgres)
        }
        #expect(twice?.message.contains("Two models are called m.a") == true)
    }
}
