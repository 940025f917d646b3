import DataContract
import Foundation
import ModelProject
import Pipeline
import SQL
import Testing

/// The models of this repository's pipelines as PostgreSQL gets them: with their variables filled in, over the tables of
/// their contracts.
@Suite("Pipelines in the other dialect") struct TranspilePipelineTests {
    struct Model: Sendable, CustomTestStringConvertible {
        let name: String
        let query: Query
        /// The contracts' tables, and the models that this one may read.
        let catalog: SchemaCatalog
        var testDescription: String { name }
    }

    @Test("a pipeline has models and contracts", arguments: ["web-analytics": 4, "subscriptions": 2])
    func models(of pipeline: String, count: Int) throws {
        #expect(try Self.models(of: pipeline).count == count)
    }

    @Test("models go there and come back", arguments: Self.all) func roundTrip(model: Model) throws {
        for style in [GeneratorStyle.pretty, .oneLine] {
            #expect(try parseQuery(model.query.sql(.postgres, style: style), dialect: .postgres) == model.query)
        }
        let text = model.query.sql(.postgres)
        #expect(LibpgQuery.error(text) == nil)

        let there = try model.query.transpiled(from: .postgres, to: .bigQuery, catalog: model.catalog)
        #expect(there.warnings.isEmpty)
        let read = try parseQuery(there.tree.sql(.bigQuery), dialect: .bigQuery)
        #expect(read == there.tree)
        let other = model.catalog.transpiled(to: .bigQuery)
        let qualified = try read.qualified(in: other, options: ResolveOptions(requiresKnownTables: true))
        #expect(qualified.isComplete)

        let back = try read.transpiled(from: .bigQuery, to: .postgres, catalog: other)
        #expect(back.warnings.isEmpty)
        var expected = text
        for (from, to) in Self.rewritten[model.name] ?? [] {
            #expect(expected.contains(from))
            expected = expected.replacing(from, with: to)
        }
        let asWritten = try parseQuery(expected, dialect: .postgres)
        let difference = TranspileTPCTests.difference(
            back.tree.sql(.postgres, style: .canonical), asWritten.sql(.postgres, style: .canonical))
        #expect(difference == "")
        #expect(LibpgQuery.fingerprint(back.tree.sql(.postgres)) == LibpgQuery.fingerprint(expected))
        let again = try back.tree.transpiled(from: .postgres, to: .bigQuery, catalog: model.catalog)
        #expect(again.tree.sql(.bigQuery, style: .canonical) == read.sql(.bigQuery, style: .canonical))
    }

    /// Parts that come back with the same meaning in other words.
    private static let rewritten = [
        // PostgreSQL reads both as one tree.
        "analytics.sessions": [("CAST('30 minutes' AS interval)", "INTERVAL '30 minutes'")],
        // GoogleSQL names elements, not a table of them, and has no integers of 32 bits.
        "analytics.customer_summary": [
            ("series.month", "month"), ("AS series(month)", "AS month"), ("AS integer", "AS bigint"),
        ],
    ]

    /// What the models of both pipelines are; an error of reading them is an issue of the test above.
    private static let all: [Model] = ["web-analytics", "subscriptions"].flatMap { (try? models(of: $0)) ?? [] }

    private static func models(of pipeline: String) throws -> [Model] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try PipelineFolder(at: root.appending(path: "Pipelines/\(pipeline)").path)
        var catalog = SchemaCatalog(dialect: .postgres)
        for contract in try folder.contracts() {
            let columns = try contract.columns.map { column in
                SchemaCatalog.Column(column.name, try kind("\(column.type)"))
            }
            catalog.add(QualifiedName(contract.table.schema, contract.table.name), columns: columns)
        }
        let project = try folder.project()
        let context = RenderContext(variables: project.config.variables, models: project.index)
        var waiting = try project.models.map { model in
            (model.name, try ParsedQuery(model.query.render(context), dialect: model.dialect).query)
        }
        var models: [Model] = []
        // A model is known when the models are that it reads.
        while !waiting.isEmpty {
            let options = ResolveOptions(requiresKnownTables: true)
            let index = waiting.firstIndex { (try? $0.1.qualified(in: catalog, options: options)) != nil } ?? 0
            let (name, query) = waiting.remove(at: index)
            let columns = try query.qualified(in: catalog, options: options).columns
            models.append(Model(name: "\(name)", query: query, catalog: catalog))
            catalog.add(
                QualifiedName(name.schema, name.name),
                columns: columns.map { SchemaCatalog.Column($0.name, $0.type) })
        }
        return models
    }

    private static func kind(_ type: String) throws -> DataType.Kind? {
        guard case .cast(let cast) = try parseExpression("CAST(NULL AS \(type))", dialect: .postgres) else {
            return nil
        }
        return cast.type.kind
    }
}
