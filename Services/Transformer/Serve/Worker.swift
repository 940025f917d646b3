import ControlPlane
import Foundation
import Logging
import Metrics
import ModelProject
import Pipeline
import Planning
import ServiceLifecycle
import ServiceRuntime

/// Takes commands from the inbox under leases and carries them out.
struct Worker: Service, CustomStringConvertible {
    /// Unique among all workers of all processes.
    let name: String
    let store: StateStore
    let catalog: EnvironmentCatalog
    let tables: ModelTables
    /// Told of what is computed; nil: nobody is.
    var lineage: LineageReporter?
    let lease: Duration
    /// Shared with all that computes in this process.
    var slots = WorkSlots(1)
    let commandArrived: WakeUp
    /// Called when a command is to end that some worker is at.
    var cancelAsked = WakeUp()
    let messageWaits: WakeUp
    let logger: Logger

    var description: String { "Worker \(name)" }

    func run() async throws {
        let trouble = TroubleLog("worker cannot reach the state", logger: logger)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    guard let command = try await store.take(worker: name, lease: lease) else {
                        await commandArrived.wait(atMost: min(lease / 3, .seconds(1)))
                        continue
                    }
                    try await work(on: command)
                    trouble.over()
                } catch {
                    if Task.isCancelled { break }
                    trouble.note(error)
                    await commandArrived.wait(atMost: .seconds(2))
                }
                messageWaits.call()
            }
        }
    }

    /// Carries `command` out while its lease is renewed beside it. When the lease is lost, or somebody wants the command to
    /// end, the work is cancelled: its statement ends in the database.
    private func work(on command: LeasedCommand) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await answer(command) }
            group.addTask {
                let heartbeat = Heartbeat(
                    task: command.request.task, lease: lease, logger: logger, clock: ContinuousClock()
                ) {
                    try await store.renew(command, lease: lease)
                }
                try await heartbeat.run()
            }
            group.addTask {
                // Another process may have been told.
                while true {
                    await cancelAsked.wait(atMost: .seconds(1))
                    try Task.checkCancellation()
                    try await wantedStill(command)
                }
            }
            do {
                try await group.next()
                group.cancelAll()
            } catch {
                group.cancelAll()
                // Nothing of it is under way any more when it is answered.
                while await group.nextResult() != nil {}
                try await settle(command, error)
            }
        }
    }

    /// - Throws: ``CancelAsked``. A state that cannot be asked is the heartbeat's to tell.
    private func wantedStill(_ command: LeasedCommand) async throws {
        do { try await store.checkIsWanted(command) } catch let asked as CancelAsked {
            throw asked
        } catch {
            logger.debug("cannot see whether the task is wanted", metadata: ["error": "\(error)"])
        }
    }

    private func answer(_ command: LeasedCommand) async throws {
        let request = command.request
        let started = ContinuousClock.now
        try await store.checkIsWanted(command)
        guard Date() <= request.deadline else {
            throw TransformerError(
                .deadlinePassed, "The deadline of the task \(request.task) had passed before it began.",
                isRetriable: true)
        }
        try await store.change { session in
            try await store.check(command, session)
            let message = TransformStarted(
                task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
                model: request.model, worker: name, startedAt: Date())
            try await store.send([try OutboxMessage(message)], session)
        }
        messageWaits.call()
        let outcome = try await carryOut(command)
        let took = ContinuousClock.now - started
        try await store.finish(
            command,
            succeeded: TransformSucceeded(
                task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
                model: request.model, worker: name,
                intervals: outcome.intervals.intervals.map { ControlInterval(from: $0.start.date, to: $0.end.date) },
                rows: outcome.rows, durationMs: Int(took / .milliseconds(1))))
        count("succeeded")
        logger.info("task done", metadata: ["task": "\(request.task)", "rows": "\(outcome.rows)", "took": "\(took)"])
    }

    private func carryOut(_ command: LeasedCommand) async throws -> ModelOutcome {
        let request = command.request
        guard let model = ModelName(request.model) else {
            throw TransformerError.unknownModel(request.model, in: request.environment)
        }
        let ticket = ModelRunner.Ticket(
            execution: Moment(Date()), holder: WorkHolder(name: name, task: request.task),
            check: { try await store.check(command, $0) },
            progress: { done, total in try await progress(command, done, total) })
        switch request.action {
        case .run, .backfill:
            if request.action == .backfill && request.from == nil {
                throw TransformerError(.invalidRequest, "A backfill needs `from`.")
            }
            let runner = EnvironmentRunner(
                store: store, tables: tables, catalog: catalog, slots: slots, lineage: lineage, logger: logger)
            return try await runner.run(
                EnvironmentRunner.Request(
                    environment: request.environment, model: model, upTo: Moment(request.upTo),
                    from: request.action == .backfill ? request.from.map { Moment($0) } : nil),
                ticket: ticket)
        case .audit:
            let environment = try await catalog.environment(request.environment)
            guard let planned = try await catalog.read([model], of: environment)[model] else {
                throw TransformerError.unknownModel(request.model, in: request.environment)
            }
            let interval = request.from.flatMap { Interval(from: Moment($0), to: Moment(request.upTo)) }
            let label = ticket.holder.label(model, in: request.environment)
            let findings = try await Auditor(store: store, tables: tables.labelled(label)).audit(
                planned, among: try await catalog.relations(of: environment), in: interval, execution: ticket.execution)
            if let failed = findings.first(where: \.isBlocking) { throw TransformerError(.auditFailed, failed.message) }
            return ModelOutcome(findings: findings)
        }
    }

    private func progress(_ command: LeasedCommand, _ done: Int, _ total: Int) async throws {
        let request = command.request
        let message = TransformProgressed(
            task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
            model: request.model, worker: name, done: done, total: total)
        try await store.change { session in
            try await store.check(command, session)
            try await store.send([try OutboxMessage(message)], session)
        }
        messageWaits.call()
    }

    /// What becomes of a command whose work failed.
    private func settle(_ command: LeasedCommand, _ error: any Error) async throws {
        if let asked = error as? CancelAsked {
            count("cancelled")
            logger.info("task cancelled", metadata: ["task": "\(command.request.task)", "reason": "\(asked.reason)"])
            let answer = TransformFailed(cancelled: command.request, by: name, reason: asked.reason)
            return try await finish(command, failed: answer)
        }
        let failure = TransformerError.from(error)
        if failure.code == .leaseLost {
            count("lost")
            logger.warning("lease lost", metadata: ["task": "\(command.request.task)"])
            return
        }
        if Task.isCancelled, failure.code == .cancelled {
            // This process stops; else somebody has ended the statement in the database. In a task of its own, as this one is cancelled.
            await Task { try? await store.release(command) }.value
            return
        }
        if failure.code == .deadlinePassed, try await store.releaseIfExtended(command) { return }
        count("failed")
        // What is gone was removed while a run was under way. The run shows it, and nothing is wrong here.
        let isGone = [.unknownModel, .unknownEnvironment].contains(failure.code)
        logger.log(
            level: isGone ? .warning : .error, "task failed",
            metadata: ["task": "\(command.request.task)", "code": "\(failure.code.rawValue)", "error": "\(failure)"])
        let request = command.request
        let isRetriable = failure.isRetriable && failure.code != .cancelled
        try await finish(
            command,
            failed: TransformFailed(
                task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
                model: request.model, worker: name,
                error: ControlFailure(code: failure.code.rawValue, message: failure.message, retriable: isRetriable)))
    }

    private func finish(_ command: LeasedCommand, failed answer: TransformFailed) async throws {
        do { try await store.finish(command, failed: answer) } catch let lost as TransformerError
            where lost.code == .leaseLost
        {
            logger.warning("lease lost", metadata: ["task": "\(command.request.task)"])
        }
    }

    private func count(_ result: String) {
        Counter(label: "transformer_tasks_total", dimensions: [("result", result)]).increment()
    }
}
