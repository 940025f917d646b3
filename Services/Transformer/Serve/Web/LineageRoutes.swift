import Foundation
import Hummingbird
import ModelProject
import Pipeline
import Planning
import SQL
import Web

/// Which relation, and which column, of an environment is made from which.
struct LineageRoutes: Sendable {
    let environments: EnvironmentFinder
    let database: Database
    /// The pipeline folder.
    let pipeline: String

    private static let relationsMax = 2_000
    private static let stepsMax = 50

    func add(to api: RouterGroup<WebContext>) {
        api.get("environments/{environment}/lineage") { request, context in
            try graph(try await environments.environment(context), request)
        }
        api.get("environments/{environment}/lineage/columns") { request, context in
            try await columns(try await environments.environment(context), request)
        }
        api.get("environments/{environment}/lineage/column") { request, context in
            try await column(try await environments.environment(context), request)
        }
    }

    struct Columns: ResponseEncodable { let relation: String, columns: [String] }

    struct Graph: ResponseEncodable {
        /// Parents before children.
        let models: [String]
        /// Relations that are no models.
        let sources: [String]
        let edges: [LineageDocument.Edge]
        /// The kind of each model.
        let kinds: [String: String]
        /// True when there are more than `limit`.
        let isCut: Bool
    }

    /// `around`: a model or table, without which it is all of the graph; `steps`: how far from it; `limit`: at most so many.
    private func graph(_ environment: EnvironmentCatalog.Environment, _ request: Request) throws -> Graph {
        let steps = try PageOfList.number("steps", request, in: 1...Self.stepsMax) ?? 3
        let limit = try PageOfList.number("limit", request, in: 1...Self.relationsMax) ?? Self.relationsMax
        let around = request.uri.queryParameters["around"].map { [String($0)] } ?? []
        let (part, isCut) = LineageGraph(environment.models).part(around: around, steps: steps, most: limit)
        if part.models.isEmpty, part.sources.isEmpty, !around.isEmpty {
            throw Self.noRelation(in: environment)
        }
        let document = LineageDocument(part)
        let shown = Set(part.models)
        let kinds = environment.models.filter { shown.contains($0.name) }.map { ($0.name.description, $0.facts.kind) }
        return Graph(
            models: document.models, sources: document.sources, edges: document.edges,
            kinds: Dictionary(uniqueKeysWithValues: kinds), isCut: isCut)
    }

    // MARK: Columns

    /// `relation`: a model, or a table that a model reads.
    private func columns(_ environment: EnvironmentCatalog.Environment, _ request: Request) async throws -> Columns {
        let relation = request.uri.queryParameters["relation"].map(String.init) ?? ""
        if let name = ModelName(relation), let known = environment.columns[name] {
            return Columns(relation: relation, columns: known.map(\.name))
        }
        guard environment.models.contains(where: { $0.facts.sources.contains(relation) }) else {
            throw Self.noRelation(in: environment)
        }
        let table = Self.table(relation)
        let found = try await database.columns(of: table.map { [$0] } ?? [])
        return Columns(relation: relation, columns: found.values.flatMap { $0.map(\.name) })
    }

    private static func noRelation(in environment: EnvironmentCatalog.Environment) -> Problem {
        Problem(.notFound, "The environment \(environment.name) has no model or table of that name.")
    }

    /// Nil for a name of one part, which no model of ours has.
    private static func table(_ source: String) -> RelationPath? {
        let parts = source.split(separator: ".").map(String.init)
        return parts.count == 2 ? RelationPath(parts[0], parts[1]) : nil
    }

    struct Column: ResponseEncodable {
        struct LeftOut: Encodable { let model: String, reason: String }

        /// Connections beyond so many are left out.
        static let connectionsMax = 1_000

        let relation: String, column: String
        /// The nearest first.
        let upstream: [ColumnReport.Connection], downstream: [ColumnReport.Connection]
        /// The models whose rows it decides.
        let filters: [String]
        /// The fields of messages that it comes from.
        let fields: [PipelineEnds.Field]
        /// The charts that take it, or what is made of it.
        let charts: [PipelineEnds.Chart]
        let isCut: Bool
        /// Models that could not be followed.
        let leftOut: [LeftOut]
        /// What of the pipeline folder cannot be read, so that fields or charts may be missing.
        let problems: [String]
    }

    /// `relation`: a model or table; `column`: of it.
    private func column(
        _ environment: EnvironmentCatalog.Environment, _ request: Request
    ) async throws -> Column {
        let parameters = request.uri.queryParameters
        guard let relation = parameters["relation"].map(String.init), let name = parameters["column"].map(String.init)
        else { throw Problem(.badRequest, "Say which column: ?relation=analytics.sessions&column=user_id.") }
        let family = Self.family(of: relation, in: environment)
        guard !family.isEmpty else { throw Self.noRelation(in: environment) }
        let column = SourceReference(table: relation, column: name)
        let lineage = try await follow(family, in: environment)
        let report = ColumnReport(column, in: lineage)
        let limit = Column.connectionsMax
        let above = [column] + lineage.upstream(of: column).map(\.column)
        let below = [column] + lineage.downstream(of: column).map(\.column)
        let ends = try await OffPool.run { [pipeline] in PipelineEnds(of: try PipelineFolder(at: pipeline)) }
        return Column(
            relation: relation, column: name, upstream: Array(report.upstream.prefix(limit)),
            downstream: Array(report.downstream.prefix(limit)), filters: Array(report.filters.prefix(limit)),
            fields: ends.fields(of: above), charts: ends.charts(of: below),
            isCut: max(report.upstream.count, report.downstream.count, report.filters.count) > limit,
            leftOut: lineage.leftOut.map { .init(model: $0.model.description, reason: $0.reason) },
            problems: ends.problems)
    }

    /// The models that a relation is made of and those that are made of it, itself among them; parents before children.
    static func family(of relation: String, in environment: EnvironmentCatalog.Environment) -> [PromotedModel] {
        var above: Set<String> = [relation]
        for model in environment.models.reversed() where above.contains(model.name.description) {
            above.formUnion(model.facts.parents.map(\.description))
        }
        var below: Set<String> = [relation]
        for model in environment.models {
            let reads = model.facts.parents.map(\.description) + model.facts.sources
            if reads.contains(where: below.contains) { below.insert(model.name.description) }
        }
        return environment.models.filter {
            above.contains($0.name.description) || below.contains($0.name.description)
        }
    }

    private func follow(
        _ models: [PromotedModel], in environment: EnvironmentCatalog.Environment
    ) async throws -> ColumnLineage {
        let texts = try await environments.catalog.read(models.map(\.name), of: environment)
        var columns: [RelationPath: [String]] = [:]
        for model in environment.models {
            let relation = RelationPath(model.name.schema, model.name.name)
            columns[relation] = environment.columns[model.name].map { $0.map(\.name) }
        }
        let tables = Set(models.flatMap(\.facts.sources)).compactMap(Self.table)
        for (table, found) in try await database.columns(of: tables) { columns[table] = found.map(\.name) }
        do throws(SQLError) {
            return try ColumnLineage(following: models.compactMap { texts[$0.name]?.snapshot }, columns: columns)
        } catch {
            throw TransformerError(.pipelineError, error.message)
        }
    }
}
