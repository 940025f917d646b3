import ControlPlane
import Foundation
import ModelProject
import Pipeline
import Planning

/// What others are told about environments.
enum Announcements {
    /// The messages that follow from a promotion.
    static func promoted(
        _ plan: Plan, environment: StoredEnvironment, changed: [String]
    ) throws -> [OutboxMessage] {
        let columns = Dictionary(uniqueKeysWithValues: environment.models.map { ($0.id.name, $0.columns) })
        let manifest = self.manifest(
            plan.environment, plan: environment.plan, promotedAt: environment.promotedAt, models: plan.models,
            columns: columns)
        var messages = try manifest.messages().map { try OutboxMessage($0) }
        for start in stride(from: 0, to: max(1, changed.count), by: namesMax) {
            messages.append(
                try OutboxMessage(
                    EnvironmentPromoted(
                        environment: plan.environment, plan: environment.plan,
                        models: Array(changed[start..<min(start + namesMax, changed.count)]),
                        at: environment.promotedAt.date)))
        }
        for name in changed {
            guard let model = ModelName(name) else { continue }
            messages.append(
                try OutboxMessage(
                    ModelUpdated(
                        environment: plan.environment, model: name,
                        relation: RelationNames.view(model, in: plan.environment).description, intervals: [], rows: 0,
                        at: environment.promotedAt.date)))
        }
        return messages
    }

    /// Names in one message: it has its limit.
    private static let namesMax = 2_000

    /// Everything others need to know of an environment.
    static func manifest(
        _ name: String, plan: String, promotedAt: Moment, models: [PlannedModel],
        columns: [ModelName: [ColumnDescription]]
    ) -> EnvironmentManifest {
        EnvironmentManifest(
            environment: name, promotedAt: promotedAt.date, plan: plan,
            models: models.map { model in
                let definition = model.snapshot.definition
                return EnvironmentManifest.Model(
                    name: model.name.description, kind: definition.kind.name,
                    relation: RelationNames.view(model.name, in: name).description,
                    columns: (columns[model.name] ?? []).map {
                        .init(name: $0.name, type: $0.type, description: definition.columnDescriptions[$0.name])
                    },
                    dependsOn: model.snapshot.parents.map(\.description), sources: model.snapshot.sources,
                    cron: definition.cron, cronTimeZone: definition.cronTimeZone, start: definition.start?.date,
                    owner: definition.owner, description: definition.description, tags: definition.tags)
            })
    }
}
