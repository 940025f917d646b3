import ModelProject
import Pipeline
import Planning

/// What a run of one model would do now, and why.
struct ModelExplanation {
    struct Parent {
        let name: ModelName
        /// What a run computes of it first.
        let due: IntervalSet
    }

    let environment: String
    let model: PlannedModel
    let missing: MissingIntervals
    let reasons: IntervalReasons
    let done: IntervalSet
    /// When its cron ticks next.
    let next: Moment?
    let parents: [Parent]
    let landings: [Landing]
    /// Since when somebody has been computing it.
    let running: Moment?
    /// What audits found in its table, the latest first.
    let failures: [AuditFailure]

    private var isWhole: Bool { !model.snapshot.definition.kind.options.isIncremental }

    /// For people.
    var text: String {
        let definition = model.snapshot.definition
        var lines = ["\(model.name) in \(environment)  (\(definition.kind.name))"]
        if missing.due.isEmpty {
            lines.append("A run now computes nothing of it.")
        } else {
            lines.append("A run now computes \(isWhole ? "the whole of it" : IntervalText.days(missing.due)).")
        }
        lines += reasons.parts.map { "  \($0.text(isWhole: isWhole))" }
        if let running { lines.append("  being computed since \(running.timestamp(fraction: false)) UTC") }
        let zone = definition.cronTimeZone
        let tick = next.map { "next tick \($0.timestamp(fraction: false)) UTC" } ?? "never again"
        lines.append("cron     \(definition.cron) in \(zone): \(tick)")
        lines.append("done     \(done.isEmpty ? "nothing" : IntervalText.days(done))")
        lines.append("table    \(RelationNames.table(model.id))")
        lines.append("view     \(RelationNames.view(model.name, in: environment))")
        for parent in parents {
            let state = parent.due.isEmpty ? "up to date" : "a run computes it first"
            lines.append("reads    \(parent.name): \(state)")
        }
        for source in model.snapshot.sources {
            let landing = landings.first { $0.table == source }
            let state = landing.map { "rows landed last at \($0.at.timestamp(fraction: false)) UTC" }
            lines.append("reads    \(source): \(state ?? "nothing is known of what lands there")")
        }
        for audit in model.snapshot.audits {
            lines.append("audit    \(audit.call)\(audit.isBlocking ? "" : "  (warns)")")
        }
        for failure in failures {
            let word = failure.isBlocking ? "refused" : "warned"
            lines.append("found    \(failure.at)  \(failure.audit) \(word): \(failure.failures) failures")
        }
        return lines.joined(separator: "\n")
    }

    /// As data.
    var document: Document {
        let definition = model.snapshot.definition
        return Document(
            environment: environment, model: model.name.description, kind: definition.kind.name,
            willRun: !missing.due.isEmpty, isWhole: isWhole, missing: TimeSpan.list(missing.due),
            parts: reasons.parts.map {
                .init(intervals: TimeSpan.list($0.intervals), isComputed: $0.isComputed, reason: $0.reason)
            },
            done: TimeSpan.list(done), cron: definition.cron, cronTimeZone: definition.cronTimeZone,
            nextTick: next?.description, runningSince: running?.description,
            table: RelationNames.table(model.id).description,
            view: RelationNames.view(model.name, in: environment).description,
            parents: parents.map { .init(model: $0.name.description, missing: TimeSpan.list($0.due)) },
            sources: model.snapshot.sources.map { source in
                .init(table: source, landedAt: landings.first { $0.table == source }?.at.description)
            },
            audits: model.snapshot.audits.map { .init(audit: "\($0.call)", isBlocking: $0.isBlocking) },
            found: failures.map { .init(audit: $0.audit, isBlocking: $0.isBlocking, failures: $0.failures, at: $0.at) })
    }

    struct Document: Encodable {
        struct Parent: Encodable { let model: String, missing: [TimeSpan] }
        struct Source: Encodable { let table: String, landedAt: String? }
        struct Audit: Encodable { let audit: String, isBlocking: Bool }
        struct Found: Encodable { let audit: String, isBlocking: Bool, failures: Int, at: String }
        let environment: String, model: String, kind: String
        let willRun: Bool, isWhole: Bool, missing: [TimeSpan]
        let parts: [PlanDocument.Reasons.Part]
        let done: [TimeSpan], cron: String, cronTimeZone: String, nextTick: String?, runningSince: String?
        let table: String, view: String
        let parents: [Parent], sources: [Source], audits: [Audit], found: [Found]
    }
}
