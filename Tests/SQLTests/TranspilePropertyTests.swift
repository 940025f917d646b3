import Foundation
import SQL
import Testing

@Suite("Whatever the tree") struct TranspilePropertyTests {
    @Test(
        "what is transpiled without a warning is text of the other dialect",
        arguments: [(SQLDialect.postgres, SQLDialect.bigQuery), (.bigQuery, .postgres)])
    func randomTrees(source: SQLDialect, target: SQLDialect) throws {
        let options = TranspileOptions(unsupported: .warn)
        var clean = 0
        for seed: UInt64 in 0..<500 {
            var maker = TreeMaker(dialect: source, seed: seed)
            let query = maker.query(4)
            let result = try query.transpiled(from: source, to: target, options: options)
            guard result.warnings.allSatisfy({ $0.code == .unknownFunction }) else { continue }
            clean += 1
            let text = result.tree.sql(target)
            do {
                let again = try parseQuery(text, dialect: target)
                #expect(
                    again.sql(target, style: .canonical) == result.tree.sql(target, style: .canonical), "seed \(seed)")
            } catch {
                Issue.record("seed \(seed): \(error)\n\(query.sql(source))\n\(text)")
            }
            if target == .postgres { #expect(LibpgQuery.error(text) == nil, "seed \(seed): \(text)") }
        }
        #expect(clean > 20)
    }

    @Test("depth is no crash", arguments: DepthTests.shapes.map(\.name))
    func depth(shape: String) throws {
        let text = try #require(DepthTests.shapes.first { $0.name == shape }).text
        for (source, target) in [(SQLDialect.postgres, SQLDialect.bigQuery), (.bigQuery, .postgres)] {
            var count = 200
            while (try? parseQuery(text(count), dialect: source)) == nil, count > 5 { count -= 5 }
            guard let query = try? parseQuery(text(count), dialect: source) else { continue }
            let result = try query.transpiled(from: source, to: target, options: TranspileOptions(unsupported: .warn))
            #expect(!result.tree.sql(target).isEmpty)
        }
    }

    @Test("nor is length") func length() throws {
        let values = Array(repeating: "i / 2", count: 3_000).joined(separator: ", ")
        let conditions = Array(repeating: "a = 1", count: 3_000).joined(separator: " AND ")
        let union = Array(repeating: "SELECT 1", count: 2_000).joined(separator: " UNION ALL ")
        let joins = Array(repeating: "JOIN u AS b ON TRUE", count: 2_000).joined(separator: " ")
        let sum = Array(repeating: "i", count: 3_000).joined(separator: " + ")
        let catalog = TranspileTests.catalog(.postgres)
        for text in [
            "SELECT \(values) FROM t", "SELECT i FROM t WHERE \(conditions.replacing("a =", with: "i ="))", union,
            "SELECT 1 FROM t \(joins)", "SELECT \(sum) FROM t", "SELECT i FROM t WHERE i IN (\(values))",
        ] {
            let query = try parseQuery(text, dialect: .postgres)
            let result = try query.transpiled(from: .postgres, to: .bigQuery, catalog: catalog)
            #expect(result.tree.sql(.bigQuery) == text.replacing("i / 2", with: "DIV(i, 2)"))
        }
    }

    @Test("comments and places stay with what they are about") func comments() throws {
        let text =
            "SELECT /* the half */ i / 2 AS half, /* all */ COUNT(*) FILTER (WHERE b) /* true */ FROM t -- rows\n"
        let result = try parseQuery(text, dialect: .postgres).transpiled(
            from: .postgres, to: .bigQuery, catalog: TranspileTests.catalog(.postgres))
        let written = result.tree.sql(.bigQuery)
        for comment in ["the half", "all", "true", "rows"] {
            #expect(written.components(separatedBy: "/* \(comment) */").count == 2, "\(written)")
        }
        guard case .select(let select) = result.tree.body else { return #expect(Bool(false)) }
        #expect(text.sql(in: select.items[0].value.range) == "i / 2")
        #expect(text.sql(in: select.items[1].value.range) == "COUNT(*) FILTER (WHERE b)")
    }

    @Test("a difference that may be one of dates is a warning", arguments: [SQLDialect.postgres, .bigQuery])
    func dates(source: SQLDialect) throws {
        let target = source == .postgres ? SQLDialect.bigQuery : .postgres
        let result = try transpile("SELECT a - b, a - 1 FROM unknown", from: source, to: target, style: .oneLine)
        #expect(result.tree == "SELECT a - b, a - 1 FROM unknown;\n")
        #expect(result.warnings.map(\.code) == [.typeNeeded])
        #expect(result.warnings.first?.column == 8)
    }

    @Test("a dialect is transpiled to itself by doing nothing") func same() throws {
        let query = try parseQuery("SELECT a / b FROM t ORDER BY 1", dialect: .postgres)
        let result = try query.transpiled(from: .postgres, to: .postgres)
        #expect(result.tree == query)
        #expect(result.warnings.isEmpty)
    }

    /// Columns of the tables that the models read.
    private static let models: SchemaCatalog = {
        var catalog = SchemaCatalog(dialect: .postgres)
        let events: [SchemaCatalog.Column] = [
            .init("event_id", .text), .init("user_id", .text), .init("session_id", .text), .init("event", .text),
            .init("url", .text), .init("timestamp", .timestampTZ),
        ]
        catalog.add(QualifiedName("raw", "events"), columns: events)
        catalog.add(QualifiedName("analytics", "pageviews"), columns: events)
        return catalog
    }()

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Pipelines/web-analytics/models")

    @Test("the models of web-analytics go there and come back") func pipeline() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".sql")
        }
        #expect(names.count >= 4)
        for name in names {
            let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            // The query is the last statement, behind what SQLMesh reads.
            let body = try #require(text.components(separatedBy: "\n);\n").last)
            let options = ParseOptions(placeholders: true)
            let query = try parseQuery(body, dialect: .postgres, options: options)
            let there = try query.transpiled(from: .postgres, to: .bigQuery, catalog: Self.models)
            #expect(there.warnings.isEmpty)
            let read = try parseQuery(there.tree.sql(.bigQuery), dialect: .bigQuery, options: options)
            let back = try read.transpiled(
                from: .bigQuery, to: .postgres, catalog: Self.models.transpiled(to: .bigQuery))
            let expected = query.sql(.postgres, style: .canonical)
            #expect(back.tree.sql(.postgres, style: .canonical) == expected, "\(name)")
        }
    }
}
