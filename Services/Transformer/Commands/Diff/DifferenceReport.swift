import ModelProject
import Planning

/// What differs between an environment and another one, or the project.
struct DifferenceReport: Encodable {
    struct Model: Encodable {
        let model: String
        /// added, removed, modified, metadata; indirect or table between environments; indirectly_modified or forward_only
        /// of the project.
        let change: String
        /// What it means for rows: breaking, non_breaking or same_rows; of what the project modifies alone.
        let category: String?
        let reason: String?
        /// Between environments.
        let columns: [ModelDifference.Column]
        /// `- …` and `+ …`.
        let lines: [String]
    }

    let from: String
    /// An environment; nil: the project.
    let to: String?
    let models: [Model]
    /// `before_all` or `after_all` of config.yaml differ.
    let statementsDiffer: Bool
    /// How many models are the same.
    let same: Int

    var isEmpty: Bool { models.isEmpty && !statementsDiffer }

    /// What a project says other than the environment that the plan is for.
    init(_ plan: Plan, showsLines: Bool) {
        from = plan.environment
        to = nil
        let effects = PlanEffects(plan)
        models = plan.changes.map { change in
            let said = PlanDocument.Change(change, affects: effects.affected(by: change), showsTexts: showsLines)
            var lines: [String] = []
            if let before = said.before, let after = said.after { lines = LineDiff.lines(from: before, to: after) }
            return Model(
                model: said.model, change: said.change, category: said.category,
                reason: said.reason.isEmpty ? nil : said.reason, columns: [], lines: lines)
        }
        statementsDiffer = plan.changesStatements
        let changed = Set(plan.changes.map(\.name))
        same = plan.models.count { !changed.contains($0.name) }
    }

    /// What `to` has other than `from`.
    init(
        _ from: EnvironmentCatalog.Environment, _ to: EnvironmentCatalog.Environment, showsLines: Bool,
        _ workbench: Workbench
    ) async throws {
        let all = ModelDifference.all(from, to)
        let texts = showsLines ? DifferenceTexts(workbench.catalog) : nil
        var models: [Model] = []
        for difference in all {
            var lines: [String] = []
            if let texts, difference.change == .modified || difference.change == .metadata {
                lines = try await texts.lines(of: difference.model, from, to)
            }
            models.append(
                Model(
                    model: difference.model, change: difference.change.rawValue, category: nil, reason: nil,
                    columns: difference.columns, lines: lines))
        }
        (self.from, self.to, self.models) = (from.name, to.name, models)
        let store = workbench.store
        statementsDiffer =
            try await store.statements(of: from.name)?.ifAny != (try await store.statements(of: to.name)?.ifAny)
        same = ModelDifference.names(from, to).count - all.count
    }

    /// For people.
    var text: String {
        let other = to ?? "the project"
        guard !isEmpty else { return "\(other) is the same as \(from): \(same) models." }
        var lines = ["What \(other) has other than \(from):"]
        for model in models {
            let sign = model.change == "added" ? "+" : model.change == "removed" ? "-" : "~"
            let what = ([model.change, model.category].compactMap(\.self)).joined(separator: ", ")
            lines.append("  \(sign) \(model.model)  \(what)\(model.reason.map { " (\($0))" } ?? "")")
            lines += model.columns.map { column in
                switch (column.from, column.to) {
                case (nil, let type): "      + \(column.name) \(type ?? "")"
                case (_, nil): "      - \(column.name)"
                case (let before, let after): "      ~ \(column.name) \(before ?? "") -> \(after ?? "")"
                }
            }
            lines += model.lines.map { "      \($0)" }
        }
        if statementsDiffer { lines.append("  before_all or after_all of config.yaml differ") }
        lines.append("The same: \(same) models.")
        return lines.joined(separator: "\n")
    }
}

extension EnvironmentStatements {
    /// Nil when there are none: nothing is the same as nothing.
    fileprivate var ifAny: EnvironmentStatements? { isEmpty ? nil : self }
}
