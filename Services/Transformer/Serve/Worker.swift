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
    let commandArrived: WakeUp
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

    /// Carries `command` out while its lease is renewed beside it. When the lease is lost, the work is cancelled.
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
            do {
                try await group.next()
                group.cancelAll()
            } catch {
                group.cancelAll()
                try await settle(command, error)
            }
        }
    }

    private func answer(_ command: LeasedCommand) async throws {
        let request = command.request
        let started = ContinuousClock.now
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
            execution: Moment(Date()), check: { try await store.check(command, $0) },
            progress: { done, total in try await progress(command, done, total) })
        switch request.action {
        case .run, .backfill:
            if request.action == .backfill && request.from == nil {
                throw TransformerError(.invalidRequest, "A backfill needs `from`.")
            }
            let runner = EnvironmentRunner(
                store: store, tables: tables, catalog: catalog, lineage: lineage, logger: logger)
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
            let findings = try await Auditor(store: store, tables: tables).audit(
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
        let failure = TransformerError.from(error)
        if failure.code == .leaseLost {
            count("lost")
            logger.warning("lease lost", metadata: ["task": "\(command.request.task)"])
            return
        }
        if failure.code == .cancelled || error is CancellationError {
            // This process stops. In a task of its own, as this one is cancelled.
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
        do {
            try await store.finish(
                command,
                failed: TransformFailed(
                    task: request.task, run: request.run, attempt: request.attempt, environment: request.environment,
                    model: request.model, worker: name,
                    error: ControlFailure(
                        code: failure.code.rawValue, message: failure.message, retriable: failure.isRetriable)))
        } catch let lost as TransformerError where lost.code == .leaseLost {
            logger.warning("lease lost", metadata: ["task": "\(request.task)"])
        }
    }

    private func count(_ result: String) {
        Counter(label: "transformer_tasks_total", dimensions: [("result", result)]).increment()
    }
}
