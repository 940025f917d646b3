import ModelProject
import Pipeline
import Planning

/// Finds out what a run of one model would do now.
struct ModelInspector: Sendable {
    let store: StateStore
    let catalog: EnvironmentCatalog
    let now: Moment

    /// - Throws: `unknownEnvironment`, `unknownModel`.
    func explain(_ text: String, in name: String) async throws -> ModelExplanation {
        let environment = try await catalog.environment(name)
        let promoted = try CommandSupport.model(text, in: environment)
        let family = Self.ancestors(of: promoted, in: environment)
        let texts = try await catalog.read(family.map(\.name), of: environment)
        guard let model = texts[promoted.name] else {
            throw TransformerError.unknownModel(promoted.name.description, in: name)
        }
        let done = try await store.done()
        let readiness = try await store.readiness(of: family.flatMap { $0.facts.awaited ?? [] })
        let limits = readiness.limits(of: family.map(Readiness.Model.init))
        let work = ModelWork.all(family.compactMap { texts[$0.name] }, done: done, upTo: now, limits: limits)
        let due = Dictionary(uniqueKeysWithValues: work.map { ($0.model.name, $0.missing) })
        let snapshot = model.snapshot
        let situation = IntervalReasons.Situation(
            upTo: now, done: done[model.id] ?? IntervalSet(),
            parents: snapshot.parents.compactMap { name in due[name].map { (name: name, computed: $0.due) } },
            limit: limits[model.name])
        let missing =
            due[model.name]
            ?? MissingIntervals(
                of: snapshot, done: IntervalSet(from: .beginning, to: .distant), upTo: now,
                limit: limits[model.name]?.moment)
        let failures = try await store.auditFailures(of: model.name).filter { $0.version == model.version }
        return ModelExplanation(
            environment: name, model: model, missing: missing, reasons: IntervalReasons(snapshot, missing, situation),
            done: situation.done, next: snapshot.schedule.next(after: now),
            parents: snapshot.parents.map { .init(name: $0, due: due[$0]?.due ?? IntervalSet()) },
            landings: try await store.landings(in: snapshot.sources),
            running: try await store.activeSince(model.id), failures: Array(failures.prefix(5)))
    }

    /// The model and all that it reads, directly or not, parents before children.
    private static func ancestors(
        of model: PromotedModel, in environment: EnvironmentCatalog.Environment
    ) -> [PromotedModel] {
        var names: Set<ModelName> = [model.name]
        for candidate in environment.models.reversed() where names.contains(candidate.name) {
            names.formUnion(candidate.facts.parents)
        }
        return environment.models.filter { names.contains($0.name) }
    }
}
