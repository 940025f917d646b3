import Pipeline
import Testing

@testable import ModelProject

@Suite("Names of models") struct NameTests {
    private func names(_ files: [String: String], database: String? = nil, config: String = "") throws -> [String] {
        var files = files
        files["config.yaml"] = config
        return try withFolder(files) { folder in
            try folder.project(ProjectOptions(environment: [:], database: database)).models.map(\.name.description)
        }
    }

    @Test("of one, two and three parts, in quotes or without")
    func parts() throws {
        let files = [
            "models/a.sql": "MODEL (name one); SELECT 1", "models/b.sql": "MODEL (name Mart.Two); SELECT 1",
            "models/c.sql": "MODEL (name shop.mart.three); SELECT 1",
            "models/d.sql": "MODEL (name \"shop\".\"mart\".\"four\"); SELECT 1",
            "models/e.sql": "MODEL (name 'mart.five'); SELECT 1",
        ]
        let expected = ["analytics.one", "mart.two", "mart.three", "mart.four", "mart.five"]
        #expect(try names(files, database: "shop") == expected)
        #expect(try names(files) == expected)
        #expect(try names(files, database: "x", config: "gateways: {a: {connection: {database: shop}}}") == expected)
    }

    @Test("another database is refused with words")
    func database() {
        let error = #expect(throws: PipelineError.self) {
            try names(["models/c.sql": "MODEL (name other.mart.three); SELECT 1"], database: "shop")
        }
        #expect(
            error?.description.hasPrefix("models/c.sql:1:13: other.mart.three is in the database other, and") == true)
    }

    @Test("inferred from folders, when the configuration says so")
    func inferred() throws {
        let files = [
            "models/mart/daily.sql": "MODEL (kind FULL); SELECT 1",
            "models/x/shop/mart/weekly.sql": "MODEL (kind FULL); SELECT 1",
            "models/lone.sql": "MODEL (kind FULL); SELECT 1", "models/named.sql": "MODEL (name mart.named); SELECT 1",
        ]
        let config = "model_naming: {infer_names: true}"
        #expect(
            try names(files, database: "shop", config: config)
                == ["analytics.lone", "mart.daily", "mart.named", "mart.weekly"])
        #expect(throws: PipelineError.self) { try names(files, database: "shop") }
    }

    @Test("in SQL a name without a schema is of the default schema; people mean any")
    func index() {
        let names = ["mart.orders", "analytics.visits"].compactMap { ModelName($0) }
        let index = ModelIndex(names)
        #expect(index.relation("orders") == nil && index.find("Orders")?.schema == "mart")
        #expect(index.relation("visits")?.schema == "analytics" && index.relation("shop.MART.orders")?.name == "orders")
        #expect(ModelIndex(names, isExact: false).relation("orders")?.schema == "mart")
    }

    @Test("every mistake of every file is told at once")
    func allErrors() throws {
        let files = [
            "models/a.sql": "MODEL (name a, colour red); SELECT 1", "models/b.sql": "MODEL (name b); SELECT 1",
            "models/c.sql": "MODEL (name c", "audits/a.sql": "AUDIT (colour red); SELECT 1", "tests/t.yaml": "t: {}",
            "macros/m.py": "", "models/d.sql": "MODEL (name b); SELECT 1",
        ]
        let error = try #require(throws: PipelineError.self) { try project(files) }
        #expect(error.others.count == 4)
        #expect(
            error.description.split(separator: "\n").map { $0.prefix { $0 != ":" } } == [
                "macros/m.py", "models/a.sql", "models/c.sql", "audits/a.sql", "tests/t.yaml",
            ])
    }
}
