// LedRun: a run that is not over, as the leader holds it: the machine that decides and the rows that tell of it.
// Always: the rows say what the machine says.
import ControlPlane
import Foundation
import Timetable

struct LedRun {
    struct AttemptKey: Hashable {
        var task: String
        var attempt: Int
    }

    private(set) var record: RunRecord
    private(set) var machine: RunMachine
    private(set) var tasks: [String: TaskRecord]
    private(set) var attempts: [AttemptKey: AttemptRecord]

    /// - Throws: ``RequestError/circle(_:)`` for rows that no planner made.
    init(_ stored: StoredRun, retry: RetryPolicy) throws(RequestError) {
        guard
            let machine = RunMachine(
                restoring: stored.run.run, phase: stored.run.state, tasks: stored.tasks.map { RunTask($0, retry) })
        else { throw .circle(stored.run.dag) }
        record = stored.run
        self.machine = machine
        tasks = Dictionary(stored.tasks.map { ($0.task, $0) }) { first, _ in first }
        attempts = Dictionary(stored.attempts.map { (AttemptKey(task: $0.task, attempt: $0.attempt), $0) }) {
            first, _ in first
        }
    }

    /// Lets the machine decide and writes down what it decided.
    mutating func step(_ event: RunMachine.Event, at now: Date, into change: inout StateChange) throws {
        let before = machine.phase
        let actions = machine.handle(event, at: now)
        var touched: Set<String> = []
        var touchedAttempts: Set<AttemptKey> = []
        if before == .queued, machine.phase != .queued, machine.phase != .cancelled {
            record.startedAt = now
            record.state = .running
            try change.send(started())
        }
        for action in actions {
            switch action {
            case .changed(let task):
                touched.insert(task)
            case .dispatch(let task, let attempt, let deadline):
                let key = AttemptKey(task: task, attempt: attempt)
                attempts[key] = AttemptRecord(
                    task: task, attempt: attempt, state: .queued, queuedAt: now, deadlineAt: deadline, done: 0, total: 0
                )
                touchedAttempts.insert(key)
                if tasks[task]?.queuedAt == nil { tasks[task]?.queuedAt = now }
                tasks[task]?.done = 0
                tasks[task]?.total = 0
                if let request = request(task, attempt, deadline) { try change.send(request) }
            case .attemptEnded(let task, let attempt, let failure):
                let key = AttemptKey(task: task, attempt: attempt)
                attempts[key]?.state = failure == nil ? .succeeded : .failed
                attempts[key]?.finishedAt = now
                attempts[key]?.failure = failure
                touchedAttempts.insert(key)
                if let failure, machine.tasks[task]?.phase == .failed, record.failure == nil {
                    (record.failedModel, record.failure) = (tasks[task]?.model, failure)
                }
            case .finished(let phase):
                record.finishedAt = now
                if phase == .succeeded { (record.failedModel, record.failure) = (nil, nil) }
                try change.send(finished(phase, now))
            }
        }
        for task in touched { follow(task, now) }
        guard !actions.isEmpty || before != machine.phase else { return }
        if before != machine.phase || record.state != machine.phase {
            record.state = machine.phase
            change.runs.append(record)
        }
        change.tasks += touched.compactMap { tasks[$0] }
        change.attempts += touchedAttempts.compactMap { attempts[$0] }
        change.notices.insert(.init(dag: record.dag, run: record.run))
    }

    /// Notes something about an attempt that changes no decision: who does it, how far it is.
    mutating func note(
        task: String, attempt: Int, into change: inout StateChange, _ note: (inout AttemptRecord) -> Void
    ) {
        let key = AttemptKey(task: task, attempt: attempt)
        guard var known = attempts[key], var row = tasks[task] else { return }
        note(&known)
        attempts[key] = known
        if row.attempt == attempt || known.state == .succeeded { (row.done, row.total) = (known.done, known.total) }
        tasks[task] = row
        change.attempts.append(known)
        change.tasks.append(row)
        change.notices.insert(.init(dag: record.dag, run: record.run))
    }

    /// The task's row as the machine has it.
    private mutating func follow(_ id: String, _ now: Date) {
        guard let task = machine.tasks[id], var row = tasks[id] else { return }
        row.state = task.phase
        row.attempt = task.attempt
        row.retryAt = task.retryAt
        row.deadlineAt = task.deadline
        if task.phase == .running { row.startedAt = row.startedAt ?? now }
        row.finishedAt = task.phase.isOver ? row.finishedAt ?? now : nil
        tasks[id] = row
    }

    private func request(_ id: String, _ attempt: Int, _ deadline: Date) -> TransformRequested? {
        tasks[id].map { row in
            TransformRequested(
                task: id, run: record.run, attempt: attempt, action: record.trigger == .backfill ? .backfill : .run,
                environment: record.environment, model: row.model, from: row.fromAt, upTo: row.upTo, deadline: deadline)
        }
    }

    private func started() -> RunStarted {
        RunStarted(
            run: record.run, dag: record.dag, environment: record.environment, trigger: record.trigger.rawValue,
            scheduledFor: record.scheduledFor, startedAt: record.startedAt ?? record.createdAt)
    }

    private func finished(_ phase: RunPhase, _ now: Date) -> any ControlMessage {
        if phase == .succeeded {
            return RunSucceeded(
                run: record.run, dag: record.dag, environment: record.environment, trigger: record.trigger.rawValue,
                scheduledFor: record.scheduledFor, finishedAt: now)
        }
        let failure = record.failure.map {
            ControlFailure(code: $0.code, message: $0.message, retriable: $0.isRetriable)
        }
        return RunFailed(
            run: record.run, dag: record.dag, environment: record.environment, trigger: record.trigger.rawValue,
            scheduledFor: record.scheduledFor, finishedAt: now, model: record.failedModel,
            error: failure ?? ControlFailure(code: "cancelled", message: "The run was cancelled.", retriable: true))
    }
}

extension StateChange {
    /// Sends a message as part of this change.
    mutating func send(_ message: some ControlMessage) throws {
        outbox.append(
            OutboxRecord(
                messageId: UUIDv7.make().text, type: type(of: message).type, payload: try StateJSON.text(message)))
    }
}
