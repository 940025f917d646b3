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
    /// Deadlines, in seconds, of which people have been told.
    var deadlinesTold: Set<Double> = []
    private(set) var machine: RunMachine
    private(set) var tasks: [String: TaskRecord]
    private(set) var attempts: [AttemptKey: AttemptRecord]

    /// - Throws: ``RequestError/graph(_:_:)`` for rows that no planner made.
    init(_ stored: StoredRun, settings: SchedulerSettings) throws(RequestError) {
        record = stored.run
        do throws(GraphError) {
            machine = try RunMachine(
                id: stored.run.run, tasks: stored.tasks.map { RunTask($0, settings) }, phase: stored.run.state,
                isCancelling: stored.run.cancelledAt != nil)
        } catch {
            throw .graph(stored.run.dag, error)
        }
        tasks = Dictionary(stored.tasks.map { ($0.task, $0) }) { first, _ in first }
        attempts = Dictionary(stored.attempts.map { (AttemptKey(task: $0.task, attempt: $0.attempt), $0) }) {
            first, _ in first
        }
    }

    /// When it is ended because it takes too long.
    /// - Parameter limit: How long it may go on.
    func timesOut(_ limit: Duration?) -> Date? {
        guard let limit, let startedAt = record.startedAt, machine.phase == .running, record.cancelledAt == nil else {
            return nil
        }
        return startedAt.addingTimeInterval(limit.seconds)
    }

    /// Tasks that may run but for a place of their pool.
    var placeRequests: [PlaceRequest] {
        machine.waitingForPlace.compactMap { id in
            guard let node = machine.tasks[id]?.node, let pool = node.pool else { return nil }
            return PlaceRequest(run: record.run, task: id, pool: pool, priority: node.priority)
        }
    }

    /// Lets the machine decide and writes down what it decided.
    mutating func step(_ event: RunMachine.Event, at now: Date, into change: inout StateChange) throws {
        let before = (machine, record)
        let actions = machine.handle(event, at: now)
        try write(actions, from: before, by: nil, now, &change)
    }

    /// Ends the run: what is under way is told to end.
    /// - Parameter who: Who wants it, for people.
    mutating func cancel(by who: String, at now: Date, into change: inout StateChange) throws {
        let before = (machine, record)
        let actions = machine.handle(.cancel, at: now)
        try write(actions, from: before, by: who, now, &change)
    }

    /// Does what somebody wants.
    /// - Returns: The tasks that are elsewhere now, in the order of the run.
    /// - Throws: ``ActRefusal`` when it cannot be done. Nothing has changed when it throws.
    mutating func act(
        _ act: ActRecord, at now: Date, into change: inout StateChange
    ) throws -> [TaskTransition] {
        var run = self
        let before = (machine: machine, record: record)
        let actions = try run.machine.act(
            act.act, on: act.models.map(Set.init), downstream: act.downstream, at: now)
        if !run.machine.isCancelling { (run.record.cancelledAt, run.record.cancelledBy) = (nil, nil) }
        if run.machine.phase == .queued { run.record.finishedAt = nil }
        if let failed = run.record.failedModel,
            run.machine.tasks.values.contains(where: { $0.node.id == failed && $0.phase != .failed })
        {
            (run.record.failedModel, run.record.failure) = (nil, nil)
        }
        try run.write(actions, from: before, by: act.who, now, &change)
        self = run
        return machine.order.compactMap { id in
            guard let old = before.machine.tasks[id]?.phase, let task = machine.tasks[id], task.phase != old else {
                return nil
            }
            return TaskTransition(model: task.node.id, from: old, to: task.phase)
        }
    }

    private mutating func write(
        _ actions: [RunMachine.Action], from before: (machine: RunMachine, record: RunRecord), by who: String?,
        _ now: Date,
        _ change: inout StateChange
    ) throws {
        var touched = Touched()
        if before.machine.phase == .queued, machine.phase == .running {
            (record.startedAt, record.finishedAt) = (now, nil)
            record.state = .running
            try change.send(started())
        }
        if machine.isCancelling, record.cancelledAt == nil { (record.cancelledAt, record.cancelledBy) = (now, who) }
        for action in actions {
            // A run that ends as it had ended before has nothing new to say.
            if case .finished(before.machine.phase) = action { continue }
            try write(action, by: who, now, &touched, &change)
        }
        for task in touched.tasks { follow(task, by: who, now) }
        record.state = machine.phase
        guard !actions.isEmpty || record != before.record else { return }
        if record != before.record { change.runs.append(record) }
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
            log(task, attempt, at: now, "asked for; it has until \(ControlTime.text(deadline))", into: &change)
            tasks[task]?.done = 0
            tasks[task]?.total = 0
            if let local = localAttempt(task, attempt, deadline: deadline) {
                change.begun.append(local)
            } else if let request = request(task, attempt, deadline) {
                try change.send(request)
            }
        case .end(let task, let attempt):
            guard let row = tasks[task] else { return }
            log(task, attempt, at: now, "told to end\(who.map { ", by \($0)" } ?? "")", as: .warning, into: &change)
            guard (row.kind ?? .model).isOfTransformer else { return change.ended.append((task, attempt)) }
            try change.send(
                TransformCancelRequested(
                    task: task, run: record.run, attempt: attempt, environment: row.environment ?? record.environment,
                    model: row.modelName, reason: who))
        case .attemptEnded(let task, let attempt, let failure):
            let key = AttemptKey(task: task, attempt: attempt)
            attempts[key]?.state =
                failure == nil ? .succeeded : failure?.code == TaskFailure.cancelled ? .cancelled : .failed
            attempts[key]?.finishedAt = now
            attempts[key]?.failure = failure
            touched.attempts.insert(key)
            if let failure {
                let again = machine.tasks[task]?.retryAt.map { "; tried again at \(ControlTime.text($0))" } ?? ""
                log(task, attempt, at: now, "\(failure.code): \(failure.message)\(again)", as: .error, into: &change)
            } else {
                log(task, attempt, at: now, "succeeded", into: &change)
            }
            if let failure, machine.tasks[task]?.phase == .failed, record.failure == nil {
                (record.failedModel, record.failure) = (tasks[task]?.model, failure)
            }
        case .finished(let phase):
            record.finishedAt = record.finishedAt ?? now
            if phase == .succeeded { (record.failedModel, record.failure) = (nil, nil) }
            if phase == .failed { noteFailure(by: who) }
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

    /// Says something about an attempt.
    func log(
        _ task: String, _ attempt: Int, at now: Date, _ message: String, as level: LogRecord.Level = .info,
        into change: inout StateChange
    ) {
        guard tasks[task] != nil else { return }
        change.logs.append(LogRecord(task, attempt, at: now, level, message))
    }

    /// Notes what a task gave.
    mutating func note(_ result: TaskResult, of task: String) { tasks[task]?.result = result.value }

    /// A run that failed says where, and why: the first task in its order that did.
    private mutating func noteFailure(by who: String?) {
        guard record.failure == nil,
            let id = machine.order.first(where: { [.failed, .cancelled].contains(machine.tasks[$0]?.phase) }),
            let task = machine.tasks[id]
        else { return }
        record.failedModel = task.node.id
        record.failure =
            task.isMarked
            ? TaskFailure(
                code: "marked_failed", message: "\(tasks[id]?.markedBy ?? who ?? "Somebody") marked it as failed.",
                isRetriable: false)
            : attempts[AttemptKey(task: id, attempt: task.attempt)]?.failure
                ?? TaskFailure(
                    code: TaskFailure.cancelled, message: "The task was cancelled before it began.", isRetriable: false)
    }

    /// The task's row as the machine has it.
    private mutating func follow(_ id: String, by who: String?, _ now: Date) {
        guard let task = machine.tasks[id], var row = tasks[id] else { return }
        if row.attemptsBefore ?? 0 != task.attemptsBefore {
            row.attemptsBefore = task.attemptsBefore
            (row.queuedAt, row.startedAt) = (nil, nil)
        }
        row.markedBy = task.isMarked ? row.markedBy ?? who ?? "somebody" : nil
        row.state = task.phase
        row.attempt = task.attempt
        row.retryAt = task.retryAt
        row.deadlineAt = task.deadline
        row.chosen = task.chosen?.sorted()
        if task.phase == .running { row.startedAt = row.startedAt ?? now }
        row.finishedAt = task.phase.isOver ? row.finishedAt ?? now : nil
        tasks[id] = row
    }

    private func request(_ id: String, _ attempt: Int, _ deadline: Date) -> TransformRequested? {
        tasks[id].map { row in
            TransformRequested(
                task: id, run: record.run, attempt: attempt,
                action: row.kind == .audit ? .audit : record.trigger == .backfill ? .backfill : .run,
                environment: row.environment ?? record.environment, model: row.modelName, from: row.fromAt,
                upTo: row.upTo, deadline: deadline)
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
