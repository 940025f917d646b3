import ModelProject
import Pipeline
import SQL
import Testing

@testable import Planning

@Suite("Columns of external models are known to macros, lint and lineage") struct DeclaredColumnTests {
    private static let declared = "- name: raw.orders\n  columns: {id: bigint, amount: numeric}\n"

    private func graph(_ sql: String, _ external: String = declared) throws -> (Project, ProjectGraph) {
        let project = try TestProject.project([
            "config.yaml": "", "external_models.yaml": external,
            "models/a.sql": "MODEL (name s.a, kind FULL);\n\(sql)",
            "models/b.sql": "MODEL (name s.b, kind FULL);\nSELECT 1 AS id",
        ])
        return (project, try ProjectGraph(project))
    }

    @Test("@STAR writes them out with their types")
    func star() throws {
        let (_, graph) = try graph("SELECT @STAR(raw.orders) FROM raw.orders")
        let query = try #require(graph[ModelName(schema: "s", name: "a")]).query.sql
        #expect(query.contains("amount") && query.lowercased().contains("bigint"), "\(query)")
    }

    @Test("lint finds a column that the table does not have; `*` over it can be written out")
    func lint() throws {
        let (project, graph) = try graph("SELECT id, price FROM raw.orders")
        let linter = Linter(project, graph, declared: ["raw.orders"])
        let found = linter.findings([.ambiguousOrInvalidColumn, .noMissingExternalModels])
        #expect(found.map(\.rule) == [.ambiguousOrInvalidColumn] && found.first?.line == 2)
        let star = try self.graph("SELECT * FROM raw.orders")
        let all = Linter(star.0, star.1, declared: ["raw.orders"]).findings([.invalidSelectStarExpansion])
        #expect(all.isEmpty)
    }

    @Test("a column without its table is followed to the table that has it")
    func lineage() throws {
        let (_, graph) = try graph("SELECT amount FROM raw.orders AS o JOIN s.b AS b ON o.id = b.id")
        let lineage = try ColumnLineage(graph)
        let sources = lineage.upstream(of: .init(table: "s.a", column: "amount")).map(\.column.table)
        #expect(sources == ["raw.orders"])
    }

    @Test("a declaration that is out of date stops neither planning nor lineage")
    func stale() throws {
        let (_, graph) = try graph("SELECT price FROM raw.orders")
        let lineage = try ColumnLineage(graph)
        #expect(!lineage.upstream(of: .init(table: "s.a", column: "price")).isEmpty)
    }
}
