import ModelProject

/// A plan in words, for people.
public struct PlanText: Sendable {
    private let plan: Plan
    private let showsDiff: Bool

    public init(_ plan: Plan, showsDiff: Bool = true) {
        self.plan = plan
        self.showsDiff = showsDiff
    }

    /// Its lines, the last one without its end.
    public var text: String {
        guard !plan.isEmpty else { return "No changes to plan: \(plan.environment) is up to date." }
        var lines = ["Plan for \(plan.environment)", ""]
        if plan.changes.isEmpty {
            lines += ["No model has changed.", ""]
        } else {
            lines.append("Models:")
            let effects = PlanEffects(plan)
            for change in plan.changes {
                lines.append("  \(Self.sign(change.kind)) \(change.name)  \(Self.words(change))")
                let affected = effects.affected(by: change)
                if !affected.isEmpty {
                    lines.append("      affects \(affected.map(\.description).joined(separator: ", "))")
                }
                if showsDiff, case .modified = change.kind, let texts = change.texts {
                    lines += LineDiff.lines(from: texts.before, to: texts.after).map { "      \($0)" }
                }
            }
            lines.append("")
        }
        if plan.changesStatements { lines += ["before_all or after_all of config.yaml have changed.", ""] }
        lines += forwardLines
        for stage in plan.stages { lines += self.lines(of: stage) }
        lines += plan.waiting.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)." }
        return lines.joined(separator: "\n")
    }

    /// What forward-only changes mean for production, also where they are only tried out.
    private var forwardLines: [String] {
        plan.models.filter(\.isForward).flatMap { model -> [String] in
            guard let forward = model.forward else { return [] }
            var what: [String] = []
            if !forward.added.isEmpty { what.append("adds \(forward.added.joined(separator: ", "))") }
            if !forward.hidden.isEmpty { what.append("no longer shows \(forward.hidden.joined(separator: ", "))") }
            let change = what.isEmpty ? "changes no columns" : what.joined(separator: " and ")
            let apart = model.isPreview ? " Here it is tried out in a table apart." : ""
            return ["Forward-only: \(model.name) \(change) in prod.\(apart)"]
        }
    }

    private static func sign(_ kind: ModelChange.Kind) -> String {
        switch kind {
        case .added: "+"
        case .removed: "-"
        case .modified, .forwardOnly, .indirectlyModified, .metadata: "~"
        }
    }

    private static func words(_ change: ModelChange) -> String {
        let words =
            switch change.kind {
            case .added: "added"
            case .removed: "removed"
            case .modified(.all): "breaking: it and what reads it are computed again"
            case .modified(.columns): "non-breaking: it is computed again, and what reads the changed columns"
            case .modified(.none): "same rows: nothing is computed"
            case .forwardOnly: "forward-only: rows that are there stay, new intervals are computed by it"
            case .indirectlyModified(.none): "indirect: stays as it is"
            case .indirectlyModified: "indirect: computed again"
            case .metadata: "metadata: description or settings, nothing is computed"
            }
        return change.reason.isEmpty ? words : "\(words) (\(change.reason))"
    }

    private func lines(of stage: Stage) -> [String] {
        switch stage {
        case .migrate(let models):
            (models.contains(where: \.isExtended) ? ["Columns to add:"] : [])
                + models.filter(\.isExtended).map {
                    "  \($0.name)  \(($0.forward?.added ?? []).joined(separator: ", "))"
                }
        case .createTables(let models):
            [
                "Tables to make: \(models.map { "\($0.name) (\($0.snapshot.definition.kind.name))" }.joined(separator: ", "))"
            ]
        case .backfill(let work):
            ["To compute:"]
                + work.map { item in
                    "  \(item.model.name)  \(Self.ranges(item))"
                        + (item.batches.count > 1 ? " in \(item.batches.count) batches" : "")
                        + (plan.estimates[item.model.name].map { ", \($0.text)" } ?? "")
                }
        case .assume(let work):
            ["To be taken as done without computing:"] + work.map { "  \($0.model.name)  \(Self.ranges($0))" }
        case .runStatements(let models):
            ["Statements to run on tables that stay: \(models.map(\.name.description).joined(separator: ", "))"]
        case .audit(let models):
            ["Audits to run on what is there: \(models.map(\.name.description).joined(separator: ", "))"]
        case .promote(let views, let dropped):
            ["Views to point: \(views.isEmpty ? "none" : views.map(\.name.description).joined(separator: ", "))"]
                + (dropped.isEmpty ? [] : ["Views to drop: \(dropped.map(\.description).joined(separator: ", "))"])
        }
    }

    private static func ranges(_ work: ModelWork) -> String {
        guard work.model.snapshot.definition.kind.options.isIncremental else { return "whole" }
        return IntervalText.days(work.missing.due)
    }
}

/// The lines that differ between two texts.
public enum LineDiff {
    /// `-` lines that are gone and `+` lines that are new, in order; unchanged lines are left out.
    public static func lines(from before: String, to after: String) -> [String] {
        let old = before.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let new = after.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var removed: [(Int, String)] = []
        var inserted: [(Int, String)] = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, let line, _): removed.append((offset, "- \(line)"))
            case .insert(let offset, let line, _): inserted.append((offset, "+ \(line)"))
            }
        }
        var result: [String] = []
        var oldIndex = 0
        var newIndex = 0
        while oldIndex < old.count || newIndex < new.count {
            if let first = removed.first, first.0 == oldIndex {
                result.append(first.1)
                removed.removeFirst()
                oldIndex += 1
            } else if let first = inserted.first, first.0 == newIndex {
                result.append(first.1)
                inserted.removeFirst()
                newIndex += 1
            } else {
                oldIndex += 1
                newIndex += 1
            }
        }
        return result
    }
}
