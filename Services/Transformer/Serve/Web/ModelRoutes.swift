import Foundation
import Hummingbird
import ModelProject
import Pipeline
import Planning
import Web

/// The models of an environment: a list, and of each one what there is to know.
struct ModelRoutes: Sendable {
    let environments: EnvironmentFinder

    private static let calendarDaysMax = 3_660

    func add(to api: RouterGroup<WebContext>) {
        api.get("environments/{environment}/models") { request, context in
            try await list(
                try await environments.environment(context), PageOfList(request),
                holding: request.uri.queryParameters["search"].map(String.init) ?? "")
        }
        let one = api.group("environments/{environment}/models/{model}")
        one.get("") { _, context in
            let (environment, model) = try await environments.model(context)
            return try await detail(of: model, in: environment)
        }
        one.get("sql") { request, context in
            let (environment, model) = try await environments.model(context)
            return try await sql(of: model, in: environment, over: Self.interval(request))
        }
        one.get("calendar") { request, context in
            let (environment, model) = try await environments.model(context)
            let days = try PageOfList.number("days", request, in: 1...Self.calendarDaysMax) ?? 371
            let explanation = try await inspector.explain(model.name.description, in: environment.name)
            return ModelCalendar(explanation, from: try Self.first(request, days: days), days: days)
        }
        one.get("runs") { request, context in
            let (_, model) = try await environments.model(context)
            let limit = try PageOfList(request, usual: 20, max: 200).limit
            return ModelRuns(try await environments.store.runs(of: [model.id], limit: limit))
        }
        one.get("audits") { _, context in
            let (_, model) = try await environments.model(context)
            return AuditFindings(
                try await environments.store.auditFailures(in: [model.id]), for: try context.requirePrincipal())
        }
    }

    private var inspector: ModelInspector {
        ModelInspector(store: environments.store, catalog: environments.catalog, now: Moment(Date()))
    }

    /// - Parameter text: What the name, owner or a tag must hold, in any case.
    private func list(
        _ environment: EnvironmentCatalog.Environment, _ page: PageOfList, holding text: String
    ) async throws -> ModelList {
        let word = text.lowercased()
        let found = environment.models.filter { model in
            word.isEmpty || model.name.description.contains(word)
                || ([model.facts.owner ?? "", model.facts.kind] + model.facts.tags).contains {
                    $0.lowercased().contains(word)
                }
        }.sorted { $0.name.description < $1.name.description }
        let (models, next) = page.cut(found) { $0.name.description }
        let done = try await environments.store.done()
        let findings = try await environments.store.findingCounts(in: models.map(\.id))
        let runs = try await environments.store.lastRuns(of: models.map(\.id))
        let tests = try await environments.store.testResults(of: models.map(\.name))
        return ModelList(
            models: models.map { model in
                ModelList.Item(
                    model, in: environment.name, done: done[model.id] ?? IntervalSet(),
                    findings: findings[model.id] ?? 0,
                    failedTests: tests.count { $0.model == model.name.description && !$0.problems.isEmpty },
                    lastRun: runs[model.id])
            }, total: found.count, nextCursor: next)
    }

    private func detail(
        of model: PromotedModel, in environment: EnvironmentCatalog.Environment
    ) async throws -> ModelDetail {
        let others = try await environments.catalog.all().environments.filter { other in
            other.name != environment.name && other[model.name]?.id == model.id
        }
        var explanation: ModelExplanation?
        var problem: String?
        do {
            explanation = try await inspector.explain(model.name.description, in: environment.name)
        } catch let error as TransformerError where error.code == .pipelineError {
            problem = error.message  // all else about it can be shown
        }
        return ModelDetail(
            model, in: environment, sharedWith: others.map(\.name), explanation: explanation,
            results: try await environments.store.auditResults(in: model.id),
            tests: try await environments.store.testResults(of: [model.name]), problem: problem)
    }

    private func sql(
        of model: PromotedModel, in environment: EnvironmentCatalog.Environment, over interval: Interval
    ) async throws -> ModelSQLAnswer {
        let texts = try await environments.catalog.read([model.name], of: environment)
        guard let planned = texts[model.name] else {
            throw TransformerError.unknownModel(model.name.description, in: environment.name)
        }
        return try ModelSQLAnswer(planned, over: interval, execution: Moment(Date()))
    }

    // MARK: Parameters

    /// `start` and `end`, days or times; yesterday without them.
    private static func interval(_ request: Request) throws(Problem) -> Interval {
        let today = IntervalGrid(.day).floor(Moment(Date()))
        let start = try moment("start", request) ?? today.adding(seconds: -86_400)
        let end = try moment("end", request) ?? start.adding(seconds: 86_400)
        guard let interval = Interval(from: start, to: end) else {
            throw Problem(.badRequest, "`end` must be after `start`.")
        }
        return interval
    }

    /// `from`; without it the days end with tomorrow.
    private static func first(_ request: Request, days: Int) throws(Problem) -> Moment {
        let grid = IntervalGrid(.day)
        if let given = try moment("from", request) { return grid.floor(given) }
        return grid.floor(Moment(Date())).adding(seconds: Int64(1 - days) * 86_400)
    }

    private static func moment(_ name: String, _ request: Request) throws(Problem) -> Moment? {
        guard let text = request.uri.queryParameters[name[...]] else { return nil }
        guard let moment = Moment(String(text)) else {
            throw Problem(.badRequest, "`\(name)` must be a day or a time: 2026-11-01 or 2026-11-01T12:00:00Z.")
        }
        return moment
    }
}

extension ModelList.Item {
    fileprivate init(
        _ model: PromotedModel, in environment: String, done: IntervalSet, findings: Int, failedTests: Int,
        lastRun: ModelRun?
    ) {
        let facts = model.facts
        self.init(
            name: model.name.description, kind: facts.kind,
            relation: RelationNames.view(model.name, in: environment).description,
            table: RelationNames.table(model.id).description, cron: facts.cron, owner: facts.owner,
            description: facts.description, tags: facts.tags,
            computed: done.intervals.suffix(ModelList.computedMax).map { [$0.start.description, $0.end.description] },
            computedUpTo: done.end?.description, findings: findings, failedTests: failedTests,
            lastRun: lastRun.map(ModelRuns.Item.init))
    }
}
