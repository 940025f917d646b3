import Logging
import ModelProject
import Pipeline
import Planning
import Warehouse

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

/// Computes what is missing of models, batch by batch; batches of one model side by side where their rows do not meet.
///
/// Each batch: note that it begins, replace its rows and audit them in one transaction of the warehouse, then note in one
/// transaction of the state that they are there, what that reopens, and the messages that say so. A crash between the two
/// leaves rows that nobody calls done; they are replaced again.
struct ModelRunner: Sendable {
    let store: StateStore
    let tables: ModelTables
    let catalog: EnvironmentCatalog
    /// What it is computed for.
    let environment: String
    let slots: WorkSlots
    let logger: Logger

    /// What the work is done for.
    struct Ticket: Sendable {
        var execution: Moment
        /// Who does it: shown to who asks what is running.
        var holder: WorkHolder = .thisProcess
        /// Throws when the right to go on was lost; called in each transaction of the state.
        var check: @Sendable (Session) async throws -> Void = { _ in }
        /// Told after each batch: done, total.
        var progress: @Sendable (Int, Int) async throws -> Void = { _, _ in }
    }

    /// Computes `work`, whose models are among `models`.
    func run(_ work: ModelWork, among models: RelationsOfModels, _ ticket: Ticket) async throws -> ModelOutcome {
        let computation = BatchComputation(
            store: store, tables: tables, catalog: catalog, slots: slots, logger: logger, work: work,
            environment: environment, ticket: ticket, sql: ModelSQL(models),
            columns: try await tables.columns(of: RelationNames.table(work.model.id)))
        let hasRows = try await !store.done(work.model.id).isEmpty
        let batches = try await unwritten(work.batchesOfModel, of: work)
        var progress = BatchProgress(total: max(work.batches.count, batches.count), tell: ticket.progress)
        let width = min(work.batchesAtATime, slots.count)
        if width > 1, batches.count > 1, !work.missing.startsAnew {
            try await runSideBySide(batches, width: width, hasRows: hasRows, computation, &progress)
        } else {
            try await runInTurn(batches, hasRows: hasRows, computation, &progress)
        }
        return progress.outcome
    }

    private func runInTurn(
        _ batches: [BatchOfModel], hasRows: Bool, isLast: Bool = true, _ computation: BatchComputation,
        _ progress: inout BatchProgress
    ) async throws {
        let work = computation.work
        let startsAnew = work.missing.startsAnew
        // Emptied and filled step by step, the table would show readers a part of its rows for a while.
        var open = (startsAnew && batches.count > 1 ? [batches] : batches.map { [$0] })[...]
        while let next = open.popFirst() {
            let manner = BatchComputation.Manner(
                isIncremental: hasRows || progress.done > 0, startsAnew: startsAnew && progress.done == 0,
                isLast: isLast && open.isEmpty)
            guard let outcome = try await computation.run(BatchGroup(next), manner) else {
                open = try await unwritten(next, of: work).map { [$0] } + open
                continue
            }
            try await progress.note(outcome, batches: next.count)
        }
    }

    /// The first batch of an empty table comes alone where its query may be another, and the last one where audits are to
    /// find everything there.
    private func runSideBySide(
        _ batches: [BatchOfModel], width: Int, hasRows: Bool, _ computation: BatchComputation,
        _ progress: inout BatchProgress
    ) async throws {
        let snapshot = computation.work.model.snapshot
        var open = batches[...]
        if !hasRows, snapshot.definition.query.asksIsIncremental, let first = open.popFirst() {
            try await runInTurn([first], hasRows: false, isLast: open.isEmpty, computation, &progress)
        }
        let last = snapshot.audits.contains(where: \.isStandalone) ? open.popLast() : nil
        let middle = open.map { BatchGroup([$0]) }
        let label = computation.ticket.holder.label(snapshot.name, in: environment)
        let before = progress
        progress = try await tables.labelled(label).sharingWrites(to: computation.work.model) { writers in
            try await sideBySide(
                middle, width: width, .init(isIncremental: hasRows || before.done > 0, writers: writers),
                computation, before)
        }
        if let last { try await runInTurn([last], hasRows: true, computation, &progress) }
    }

    /// What has begun when a batch fails is brought to its end; what has not is left.
    private func sideBySide(
        _ groups: [BatchGroup], width: Int, _ manner: BatchComputation.Manner, _ computation: BatchComputation,
        _ progress: BatchProgress
    ) async throws -> BatchProgress {
        var progress = progress
        var open = groups[...]
        var failure: (any Error)?
        try await withThrowingTaskGroup(of: Result<ModelOutcome?, any Error>.self) { tasks in
            func begin() {
                guard failure == nil, let group = open.popFirst() else { return }
                tasks.addTask {
                    do { return .success(try await computation.run(group, manner)) } catch { return .failure(error) }
                }
            }
            for _ in 0..<width { begin() }
            while let result = try await tasks.next() {
                switch result {
                case .success(let outcome):
                    if let outcome { try await progress.note(outcome, batches: 1) }
                case .failure(let error):
                    failure = failure ?? error
                    if !TransformerError.from(error).isOfTheModel { tasks.cancelAll() }
                }
                begin()
            }
        }
        if let failure { throw failure }
        return progress
    }

    /// Where rows must not come twice, the batches over what the table does not have yet, and those of which only the state
    /// does not know; as they are elsewhere.
    private func unwritten(_ batches: [BatchOfModel], of work: ModelWork) async throws -> [BatchOfModel] {
        guard work.model.snapshot.definition.kind.options.isComputedOnce, !work.missing.startsAnew else {
            return batches
        }
        return work.unwritten(
            batches, besides: try await tables.writtenOnce(of: RelationNames.table(work.model.id)))
    }
}

/// What has come of a model's batches so far.
struct BatchProgress: Sendable {
    let total: Int
    /// Told after each batch: done, total.
    let tell: @Sendable (Int, Int) async throws -> Void
    private(set) var done = 0
    private(set) var outcome = ModelOutcome()

    init(total: Int, tell: @escaping @Sendable (Int, Int) async throws -> Void) {
        self.total = total
        self.tell = tell
    }

    mutating func note(_ more: ModelOutcome, batches: Int) async throws {
        outcome.add(more)
        done += batches
        try await tell(done, max(total, done))
    }
}
