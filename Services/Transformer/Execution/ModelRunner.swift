import ControlPlane
import Foundation
import Logging
import Metrics
import ModelProject
import Pipeline
import Planning

/// What was computed of one model.
struct ModelOutcome: Sendable {
    var intervals = IntervalSet()
    var rows = 0
    var findings: [ModelTables.AuditFinding] = []

    /// Takes in what was computed of another model.
    mutating func add(_ other: ModelOutcome) {
        rows += other.rows
        intervals = intervals.union(other.intervals)
        findings += other.findings
    }
}

/// Computes what is missing of models, batch by batch.
///
/// Each batch: note that it begins, replace its rows and audit them in one transaction of the warehouse, then note in one
/// transaction of the state that they are there, what that reopens, and the messages that say so. A crash between the two
/// leaves rows that nobody calls done; they are replaced again.
struct ModelRunner: Sendable {
    let store: StateStore
    let tables: ModelTables
    let catalog: EnvironmentCatalog
    let logger: Logger

    /// What the work is done for.
    struct Ticket: Sendable {
        var execution: Moment
        /// Throws when the right to go on was lost; called in each transaction of the state.
        var check: @Sendable (Session) async throws -> Void = { _ in }
        /// Told after each batch: done, total.
        var progress: @Sendable (Int, Int) async throws -> Void = { _, _ in }
    }

    /// Computes `work`, whose models are among `models`.
    func run(_ work: ModelWork, among models: RelationsOfModels, _ ticket: Ticket) async throws -> ModelOutcome {
        let sql = ModelSQL(models)
        let columns = try await tables.columns(of: RelationNames.table(work.model.id))
        var outcome = ModelOutcome()
        let hasRows = try await !store.done(work.model.id).isEmpty
        let batches = try await unwritten(batches(of: work), of: work)
        // Emptied and filled step by step, the table would show readers a part of its rows for a while.
        var open = (work.missing.startsAnew && batches.count > 1 ? [batches] : batches.map { [$0] })[...]
        let total = max(work.batches.count, batches.count)
        var index = 0
        while let group = open.popFirst() {
            let batch = Group(group)
            try Task.checkCancellation()
            let active = try await store.begin(work.model.id)
            do {
                var rows = 0
                if !batch.isWritten {
                    guard
                        let result = try await repeated(
                            work.model.name,
                            {
                                try await compute(
                                    group, of: work, sql, columns: columns, isIncremental: hasRows || index > 0,
                                    startsAnew: work.missing.startsAnew && index == 0, isLast: open.isEmpty, ticket)
                            })
                    else {
                        // Another run has written some of it meanwhile.
                        try await store.abandon(active)
                        open = try await unwritten(group, of: work).map { [$0] } + open
                        continue
                    }
                    rows = result.rows
                    outcome.rows += rows
                    outcome.findings += result.findings
                }
                try await note(batch, of: work, active, rows: rows, ticket)
            } catch {
                let told = TransformerError.from(error, doing: "\(work.model.name) \(batch.computed)")
                // What is left of it is harmless, and the first error matters.
                try? await store.abandon(active, tried: batch.computed, error: told.message)
                throw told.of(batch.computed)
            }
            outcome.intervals = outcome.intervals.union(batch.computed)
            index += group.count
            try await ticket.progress(index, max(total, index))
        }
        return outcome
    }

    /// A stretch to compute in one go.
    private struct Batch {
        /// What templates see.
        let rendered: Interval
        /// What is new afterwards.
        let computed: IntervalSet
        /// The part that counts as done.
        let complete: IntervalSet
        /// The rows are there: whoever wrote them did not come to say so.
        var isWritten = false
    }

    /// What batches that are written together are for.
    private struct Group {
        let computed: IntervalSet
        let complete: IntervalSet
        let isWritten: Bool

        init(_ batches: [Batch]) {
            computed = batches.reduce(IntervalSet()) { $0.union($1.computed) }
            complete = batches.reduce(IntervalSet()) { $0.union($1.complete) }
            isWritten = batches.allSatisfy(\.isWritten)
        }
    }

    /// One for each batch of an incremental model; one for the whole of any other.
    private func batches(of work: ModelWork) -> [Batch] {
        let missing = work.missing
        if work.model.snapshot.definition.kind.options.isIncremental {
            return work.batches.map {
                Batch(rendered: $0, computed: IntervalSet([$0]), complete: missing.complete($0))
            }
        }
        guard let whole = Interval(from: .beginning, to: missing.completeUpTo) else { return [] }
        return [Batch(rendered: whole, computed: missing.due, complete: IntervalSet([whole]))]
    }

    /// Where rows must not come twice, the batches over what the table does not have yet, and those of which only the state
    /// does not know; as they are elsewhere.
    private func unwritten(_ batches: [Batch], of work: ModelWork) async throws -> [Batch] {
        guard work.model.snapshot.definition.kind.options.isComputedOnce, !work.missing.startsAnew else {
            return batches
        }
        let written = try await tables.writtenOnce(of: RelationNames.table(work.model.id))
        func part(_ interval: Interval, isWritten: Bool) -> Batch {
            Batch(
                rendered: interval, computed: IntervalSet([interval]), complete: work.missing.complete(interval),
                isWritten: isWritten)
        }
        return batches.flatMap { batch in
            let all = IntervalSet([batch.rendered])
            let there = all.intersection(written).intervals.map { part($0, isWritten: true) }
            let missing = all.subtracting(written).intervals.map { part($0, isWritten: false) }
            return (there + missing).sorted { $0.rendered < $1.rendered }
        }
    }

    /// How long a batch waits before it is tried again, for as many times as there are pauses.
    private static let pauses: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5)]

    /// Tries a batch again that made way for another transaction, or lost its connection. Rows that must not come twice do
    /// not: that they are written is noted with them.
    private func repeated<R: Sendable>(_ model: ModelName, _ body: () async throws -> R) async throws -> R {
        for pause in Self.pauses {
            do {
                return try await body()
            } catch let error as TransformerError where error.isRetriable && error.code == .unavailable {
                try Task.checkCancellation()
                logger.warning(
                    "batch failed, trying again",
                    metadata: ["model": "\(model)", "pause": "\(pause)", "error": "\(error)"])
                try await Task.sleep(for: pause)
            }
        }
        return try await body()
    }

    /// Nil when another run has written some of the batch.
    private func compute(
        _ batches: [Batch], of work: ModelWork, _ sql: ModelSQL, columns: [StoredColumn], isIncremental: Bool,
        startsAnew: Bool, isLast: Bool, _ ticket: Ticket
    ) async throws -> (rows: Int, findings: [ModelTables.AuditFinding])? {
        let started = ContinuousClock.now
        let result: (rows: Int, findings: [ModelTables.AuditFinding])
        var replacements: [ModelTables.Replacement] = []
        for (number, batch) in batches.enumerated() {
            var replacement = try sql.replacement(
                of: work.model, interval: batch.rendered, execution: ticket.execution,
                isIncremental: isIncremental || !replacements.isEmpty, isLast: isLast && number + 1 == batches.count,
                columns: columns)
            replacement.startsAnew = startsAnew && replacements.isEmpty
            replacements.append(replacement)
        }
        let audits = replacements.flatMap(\.audits)
        let times = work.model.snapshot.definition.kind.timeRange == nil ? nil : Group(batches).computed
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
        for finding in result.findings {
            logger.warning(
                "audit found failures",
                metadata: [
                    "model": "\(work.model.name)", "audit": "\(finding.audit)", "failures": "\(finding.failures)",
                    "message": "\(finding.message)",
                ])
        }
        let seconds = ContinuousClock.now - started
        Metrics.Timer(label: "transformer_batch_seconds", dimensions: [("model", work.model.name.description)])
            .record(duration: seconds)
        Counter(label: "transformer_rows_total", dimensions: [("model", work.model.name.description)])
            .increment(by: result.rows)
        logger.info(
            "interval computed",
            metadata: [
                "model": "\(work.model.name)", "version": "\(work.model.version)",
                "interval": "\(Group(batches).computed)",
                "rows": "\(result.rows)", "seconds": "\(seconds)",
            ])
        return result
    }

    private func note(
        _ batch: Group, of work: ModelWork, _ active: ActiveWork, rows: Int, _ ticket: Ticket
    ) async throws {
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
