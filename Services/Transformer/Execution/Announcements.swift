import ControlPlane
import Foundation
import ModelProject
import Pipeline
import Planning

/// What others are told about environments.
enum Announcements {
    /// The messages that follow from a promotion.
    static func promoted(
        _ environment: StoredEnvironment, changed: [String]
    ) throws -> [OutboxMessage] {
        let columns = Dictionary(uniqueKeysWithValues: environment.models.map { ($0.id.name, $0.columns) })
        let manifest = self.manifest(
            environment.name, plan: environment.plan, promotedAt: environment.promotedAt,
            models: environment.models.map(\.model), columns: columns)
        var messages = try manifest.messages().map { try OutboxMessage($0) }
        for start in stride(from: 0, to: max(1, changed.count), by: namesMax) {
            messages.append(
                try OutboxMessage(
                    EnvironmentPromoted(
                        environment: environment.name, plan: environment.plan,
                        models: Array(changed[start..<min(start + namesMax, changed.count)]),
                        at: environment.promotedAt.date)))
        }
        for name in changed {
            guard let model = ModelName(name) else { continue }
            messages.append(
                try OutboxMessage(
                    ModelUpdated(
                        environment: environment.name, model: name,
                        relation: RelationNames.view(model, in: environment.name).description, intervals: [], rows: 0,
                        at: environment.promotedAt.date)))
        }
        return messages
    }

    /// Names in one message: it has its limit.
    private static let namesMax = 2_000

    /// Everything others need to know of an environment.
    static func manifest(
        _ name: String, plan: String, promotedAt: Moment, models: [PromotedModel],
        columns: [ModelName: [StoredColumn]]
    ) -> EnvironmentManifest {
        let inputs = Inputs(models)
        return EnvironmentManifest(
            environment: name, promotedAt: promotedAt.date, plan: plan,
            models: models.filter(\.facts.hasRelation).map { model in
                let facts = model.facts
                let (parents, sources) = inputs.of(model)
                return EnvironmentManifest.Model(
                    name: model.name.description, kind: facts.kind,
                    relation: RelationNames.view(model.name, in: name).description,
                    columns: (columns[model.name] ?? []).map {
                        .init(name: $0.name, type: $0.type, description: facts.columnDescriptions[$0.name])
                    },
                    dependsOn: parents.map(\.description), sources: sources,
                    cron: facts.cron, cronTimeZone: facts.cronTimeZone, start: facts.start?.date,
                    owner: facts.owner, description: facts.description, tags: facts.tags)
            })
    }

    /// What models read: through those that stand in them, which others know nothing of.
    private struct Inputs {
        private var found: [ModelName: (parents: [ModelName], sources: [String])] = [:]

        /// - Parameter models: Parents before children.
        init(_ models: [PromotedModel]) {
            let embedded = Set(models.filter { !$0.facts.hasRelation }.map(\.name))
            for model in models {
                var parents: Set<ModelName> = []
                var sources = Set(model.facts.sources)
                for parent in model.facts.parents {
                    guard embedded.contains(parent), let inner = found[parent] else {
                        parents.insert(parent)
                        continue
                    }
                    parents.formUnion(inner.parents)
                    sources.formUnion(inner.sources)
                }
                found[model.name] = (parents.sorted(), sources.sorted())
            }
        }

        func of(_ model: PromotedModel) -> (parents: [ModelName], sources: [String]) {
            found[model.name] ?? (model.facts.parents, model.facts.sources)
        }
    }
}
