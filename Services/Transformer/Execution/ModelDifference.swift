import ModelProject
import Planning

/// A model that is not the same in two environments.
struct ModelDifference: Encodable, Sendable {
    /// How a model of `to` differs from that of `from`.
    enum Change: String, Encodable {
        case added, removed
        /// Its own text says something else.
        case modified
        /// Only what it reads differs.
        case indirect
        /// Description, owner, cron, audits: no rows.
        case metadata
        /// It says the same and has a table of its own, as after a restatement.
        case table
    }

    struct Column: Encodable, Equatable {
        let name: String
        /// The type in either environment; nil where there is no such column.
        let from: String?, to: String?
    }

    let model: String, change: Change
    let fromTable: String?, toTable: String?
    /// Those that are not the same; none of models that only one has.
    let columns: [Column]

    /// All of them, by name.
    static func all(
        _ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment
    ) -> [ModelDifference] {
        let before = Dictionary(uniqueKeysWithValues: from.models.map { ($0.name, $0) })
        let after = Dictionary(uniqueKeysWithValues: to.models.map { ($0.name, $0) })
        return names(from, to).compactMap { name in
            guard let change = change(before[name], after[name]) else { return nil }
            return ModelDifference(
                model: name.description, change: change,
                fromTable: before[name].map { RelationNames.table($0.id).description },
                toTable: after[name].map { RelationNames.table($0.id).description },
                columns: change == .added || change == .removed
                    ? [] : columns(from.columns[name] ?? [], to.columns[name] ?? []))
        }
    }

    /// The models of both, by name.
    static func names(
        _ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment
    ) -> [ModelName] {
        Set(from.models.map(\.name)).union(to.models.map(\.name)).sorted { $0.description < $1.description }
    }

    /// Nil when the two are the same.
    static func change(_ before: PromotedModel?, _ after: PromotedModel?) -> Change? {
        guard let before else { return .added }
        guard let after else { return .removed }
        if before.dataHash != after.dataHash { return .modified }
        if before.fingerprint != after.fingerprint { return .indirect }
        if before.metadataHash != after.metadataHash { return .metadata }
        return before.version == after.version ? nil : .table
    }

    /// Those that are not the same, in the order of the names.
    static func columns(_ before: [StoredColumn], _ after: [StoredColumn]) -> [Column] {
        let old = Dictionary(before.map { ($0.name, $0.type) }) { first, _ in first }
        let new = Dictionary(after.map { ($0.name, $0.type) }) { first, _ in first }
        return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
            Column(name: $0, from: old[$0], to: new[$0])
        }
    }
}
