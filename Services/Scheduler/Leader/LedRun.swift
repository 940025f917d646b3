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

    /// - Throws: ``RequestError/graph(_:_:)`` for rows that no planner made.
    init(_ stored: StoredRun, retry: RetryPolicy) throws(RequestError) {
        record = stored.run
        do throws(GraphError) {
            machine = try RunMachine(
                id: stored.run.run, tasks: stored.tasks.map { RunTask($0, retry) }, phase: stored.run.state,
                isCancelling: stored.run.cancelledAt != nil)
        } catch {
            throw .graph(stored.run.dag, error)
        }
        tasks = Dictionary(stored.tasks.map { ($0.task, $0) }) { first, _ in first }
        attempts = Dictionary(stored.attempts.map { (AttemptKey(task: $0.task, attempt: $0.attempt), $0) }) {
            first, _ in first
        }
    }

    /// Lets the machine decide and writes down what it decided.
    mutating func step(_ event: RunMachine.Event, at now: Date, into change: inout StateChange) throws {
        let before = machine.phase
        let actions = machine.handle(event, at: now)
        try write(actions, before, by: nil, now, &change)
    }

    /// Ends the run: what is under way is told to end.
    /// - Parameter who: Who wants it, for people.
    mutating func cancel(by who: String, at now: Date, into change: inout StateChange) throws {
        let before = machine.phase
        let actions = machine.handle(.cancel, at: now)
        try write(actions, before, by: who, now, &change)
    }

    private mutating func write(
        _ actions: [RunMachine.Action], _ before: RunPhase, by who: String?, _ now: Date, _ change: inout StateChange
    ) throws {
        var touched = Touched()
        let recordBefore = record
        if before == .queued, machine.phase == .running {
            (record.startedAt, record.finishedAt) = (now, nil)
            record.state = .running
            try change.send(started())
        }
        if machine.isCancelling, record.cancelledAt == nil { (record.cancelledAt, record.cancelledBy) = (now, who) }
        for action in actions { try write(action, by: who, now, &touched, &change) }
        for task in touched.tasks { follow(task, now) }
        record.state = machine.phase
        guard !actions.isEmpty || record != recordBefore else { return }
        if record != recordBefore { change.runs.append(record) }
        change.tasks += touched.tasks.compactMap { tasks[$0] }
        change.attempts += touched.attempts.compactMap { attempts[$0] }
        change.notices.insert(.init(dag: record.dag, run: record.run))
    }

    /// Rows that are to be written.
    private struct Touched {
        var tasks: Set<String> = []
        var attempts: Set<AttemptKey> = []
    }

    private mutating func write(
        _ action: RunMachine.Action, by who: String?, _ now: Date, _ touched: inout Touched, _ change: inout StateChange
    ) throws {
        switch action {
        case .changed(let task): touched.tasks.insert(task)
        case .dispatch(let task, let attempt, let deadline):
            let key = AttemptKey(task: task, attempt: attempt)
            attempts[key] = AttemptRecord(
                task: task, attempt: attempt, state: .queued, queuedAt: now, deadlineAt: deadline, done: 0, total: 0)
            touched.attempts.insert(key)
            if tasks[task]?.queuedAt == nil { tasks[task]?.queuedAt = now }
            tasks[task]?.done = 0
            tasks[task]?.total = 0
            if let request = request(task, attempt, deadline) { try change.send(request) }
        case .end(let task, let attempt):
            guard let row = tasks[task] else { return }
            try change.send(
                TransformCancelRequested(
                    task: task, run: record.run, attempt: attempt, environment: record.environment, model: row.model,
                    reason: who))
        case .attemptEnded(let task, let attempt, let failure):
            let key = AttemptKey(task: task, attempt: attempt)
            attempts[key]?.state =
                failure == nil ? .succeeded : failure?.code == TaskFailure.cancelled ? .cancelled : .failed
            attempts[key]?.finishedAt = now
            attempts[key]?.failure = failure
            touched.attempts.insert(key)
            if let failure, machine.tasks[task]?.phase == .failed, record.failure == nil {
                (record.failedModel, record.failure) = (tasks[task]?.model, failure)
            }
        case .finished(let phase):
            record.finishedAt = now
            if phase == .succeeded { (record.failedModel, record.failure) = (nil, nil) }
            try change.send(finished(phase, now))
        }
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
