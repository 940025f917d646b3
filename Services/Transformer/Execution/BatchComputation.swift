import ControlPlane
import Foundation
import Logging
import Metrics
import ModelProject
import Pipeline
import Planning
import Warehouse

/// Computes batches of one model, each with what is to be said of it.
struct BatchComputation: Sendable {
    let store: StateStore
    let tables: ModelTables
    let catalog: EnvironmentCatalog
    let slots: WorkSlots
    let logger: Logger
    let work: ModelWork
    let environment: String
    let ticket: ModelRunner.Ticket
    let sql: ModelSQL
    /// The table's.
    let columns: [StoredColumn]

    /// How a group is computed.
    struct Manner: Sendable {
        /// There are rows of the model before it.
        var isIncremental: Bool
        /// All rows go first.
        var startsAnew = false
        /// Nothing of the model is missing afterwards.
        var isLast = false
        /// The session beside whose other batches it is written; nil: it has the table for itself.
        var writers: SharedWriting?
    }

    /// Computes a group and says so, or notes why it failed.
    /// - Returns: Nil when another run has written some of it meanwhile.
    func run(_ group: BatchGroup, _ manner: Manner) async throws -> ModelOutcome? {
        try await slots.using {
            try Task.checkCancellation()
            let active = try await store.begin(
                work.model.id, in: environment, computing: group.computed, by: ticket.holder)
            do {
                var outcome = ModelOutcome(intervals: group.computed)
                if !group.isWritten {
                    let labelled = tables.labelled(
                        ticket.holder.label(
                            work.model.name, in: environment, active: active.id, computing: group.computed))
                    guard let result = try await repeated({ try await compute(group, manner, labelled) }) else {
                        try await store.abandon(active)
                        return nil
                    }
                    (outcome.rows, outcome.findings) = result
                }
                try await note(group, active, rows: outcome.rows)
                return outcome
            } catch {
                let told = TransformerError.from(error, doing: "\(work.model.name) \(group.computed)")
                // Goes through in a cancelled task too; what is left of it is harmless, and the first error matters.
                await Task { try? await store.abandon(active, tried: group.computed, error: told.message) }.value
                throw told.of(group.computed)
            }
        }
    }

    /// How long a batch waits before it is tried again, for as many times as there are pauses.
    private static let pauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5)]

    /// Tries a batch again that made way for another transaction, or lost its connection. Rows that must not come twice do
    /// not: that they are written is noted with them.
    private func repeated<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        for pause in Self.pauses {
            do {
                return try await body()
            } catch let error as TransformerError where error.isRetriable && error.code == .unavailable {
                try Task.checkCancellation()
                logger.warning(
                    "batch failed, trying again",
                    metadata: ["model": "\(work.model.name)", "pause": "\(pause)", "error": "\(error)"])
                try await Task.sleep(for: pause)
            }
        }
        return try await body()
    }

    /// Nil when another run has written some of the batch.
    private func compute(
        _ group: BatchGroup, _ manner: Manner, _ tables: ModelTables
    ) async throws -> (rows: Int, findings: [ModelTables.AuditFinding])? {
        let started = ContinuousClock.now
        let result: (rows: Int, findings: [ModelTables.AuditFinding])
        let replacements = try replacements(of: group, manner)
        let audits = replacements.flatMap(\.audits)
        let times = work.model.snapshot.definition.kind.timeRange == nil ? nil : group.computed
        if work.model.snapshot.definition.kind.isView {
            let findings = try await tables.audit(audits)
            try await store.keepResults(findings, of: audits, in: work.model.id, lookingAt: nil)
            try await store.keep(findings, of: work.model.id)
            if let failed = findings.first(where: \.isBlocking) { throw TransformerError(.auditFailed, failed.message) }
            result = (0, findings)
        } else {
            do {
                let isRefreshed = work.model.snapshot.definition.kind.isMaterializedView
                guard
                    let written = try await isRefreshed
                        ? tables.refresh(replacements[0]) : tables.replace(replacements)
                else { return nil }
                result = written
            } catch let refusal as ModelTables.Refusal {
                try await store.keepResults([refusal.finding], of: [], in: work.model.id, lookingAt: times)
                try await store.keep([refusal.finding], of: work.model.id)
                throw refusal.error
            }
            try await store.keepResults(result.findings, of: audits, in: work.model.id, lookingAt: times)
            try await store.keep(result.findings, of: work.model.id)
        }
        tell(of: group, rows: result.rows, findings: result.findings, took: ContinuousClock.now - started)
        return result
    }

    private func replacements(of group: BatchGroup, _ manner: Manner) throws -> [ModelTables.Replacement] {
        var replacements: [ModelTables.Replacement] = []
        for (number, batch) in group.batches.enumerated() {
            var replacement = try sql.replacement(
                of: work.model, interval: batch.rendered, execution: ticket.execution,
                isIncremental: manner.isIncremental || !replacements.isEmpty,
                isLast: manner.isLast && number + 1 == group.batches.count, columns: columns)
            replacement.startsAnew = manner.startsAnew && replacements.isEmpty
            replacement.writers = manner.writers
            replacements.append(replacement)
        }
        return replacements
    }

    private func tell(of group: BatchGroup, rows: Int, findings: [ModelTables.AuditFinding], took seconds: Duration) {
        for finding in findings {
            logger.warning(
                "audit found failures",
                metadata: [
                    "model": "\(work.model.name)", "audit": "\(finding.audit)", "failures": "\(finding.failures)",
                    "message": "\(finding.message)",
                ])
        }
        Metrics.Timer(label: "transformer_batch_seconds", dimensions: [("model", work.model.name.description)])
            .record(duration: seconds)
        Counter(label: "transformer_rows_total", dimensions: [("model", work.model.name.description)])
            .increment(by: rows)
        logger.info(
            "interval computed",
            metadata: [
                "model": "\(work.model.name)", "version": "\(work.model.version)",
                "interval": "\(group.computed)", "rows": "\(rows)", "seconds": "\(seconds)",
            ])
    }

    private func note(_ batch: BatchGroup, _ active: ActiveWork, rows: Int) async throws {
        while true {
            let listing = try await catalog.all()
            let environments = listing.environments
            let messages = try updates(work.model.id, batch.computed, rows: rows, in: environments)
            do {
                try await store.finish(
                    active, computed: batch.computed, rows: rows, complete: batch.complete,
                    reopening: Reopening(listing),
                    plans: listing.plans, messages: messages, check: ticket.check)
                return
            } catch is StalePlans {
                continue  // somebody promoted meanwhile; what is reopened has to be found anew
            }
        }
    }

    /// One message for each environment whose view shows the table, and for each VIEW model over it.
    private func updates(
        _ version: VersionID, _ computed: IntervalSet, rows: Int, in environments: [EnvironmentCatalog.Environment]
    ) throws -> [OutboxMessage] {
        let intervals = computed.intervals.map { ControlInterval(from: $0.start.date, to: $0.end.date) }
        var messages: [OutboxMessage] = []
        for environment in environments where environment.models.contains(where: { $0.id == version }) {
            var shown: Set<ModelName> = [version.name]
            for model in environment.models where model.facts.isView {
                if model.facts.parents.contains(where: shown.contains) { shown.insert(model.name) }
            }
            for name in shown.sorted() {
                messages.append(
                    try OutboxMessage(
                        ModelUpdated(
                            environment: environment.name, model: name.description,
                            relation: RelationNames.view(name, in: environment.name).description, intervals: intervals,
                            rows: rows, at: Date())))
            }
        }
        return messages
    }
}
