// RunMachine: one run of a DAG, from its first task to its outcome. A plain value: event in, actions out; no clock of its
// own, no I/O.
// Always: a task is dispatched only when all it depends on in this run has succeeded; an attempt is dispatched once; the
// run is over exactly when every task is.
import Foundation

/// Where a task of a run is.
public enum TaskPhase: String, Sendable, Codable, CaseIterable {
    /// For others, for its next attempt, or for a free place.
    case waiting
    /// The command is on its way; no worker has taken it up.
    case queued
    case running
    case succeeded
    case failed
    /// Never tried: something it depends on failed.
    case upstreamFailed = "upstream_failed"
    /// Never tried: the run was given up before.
    case skipped

    /// True when nothing more will happen to it by itself.
    public var isOver: Bool {
        switch self {
        case .waiting, .queued, .running: false
        case .succeeded, .failed, .upstreamFailed, .skipped: true
        }
    }
}

/// Where a run is.
public enum RunPhase: String, Sendable, Codable, CaseIterable {
    /// Not begun: another run of its DAG goes first.
    case queued
    case running, succeeded, failed
    /// Somebody stopped it.
    case cancelled

    public var isOver: Bool { self != .queued && self != .running }
}

/// Why an attempt failed.
public struct TaskFailure: Sendable, Equatable, Codable {
    public var code: String
    public var message: String
    public var isRetriable: Bool

    public init(code: String, message: String, isRetriable: Bool) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }
}

/// A task of a run.
public struct RunTask: Sendable, Equatable {
    /// Stays the same over all attempts.
    public let id: String
    public let model: String
    /// Tasks of the same run, by model, that must succeed before.
    public let dependsOn: [String]
    public let retry: RetryPolicy
    public var phase: TaskPhase = .waiting
    /// The latest attempt; 0 before the first.
    public var attempt = 0
    /// When a waiting task is tried again.
    public var retryAt: Date?
    /// When the latest attempt is given up.
    public var deadline: Date?

    public init(id: String, model: String, dependsOn: [String], retry: RetryPolicy) {
        self.id = id
        self.model = model
        self.dependsOn = dependsOn
        self.retry = retry
    }
}

/// A run and its rules.
public struct RunMachine: Sendable, Equatable {
    public enum Event: Sendable, Equatable {
        case begin
        /// A worker has taken up an attempt.
        case started(task: String, attempt: Int)
        case succeeded(task: String, attempt: Int)
        case failed(task: String, attempt: Int, TaskFailure)
        /// Time has passed.
        case clock
        case cancel
    }

    public enum Action: Sendable, Equatable {
        /// Ask for this attempt, and write it down.
        case dispatch(task: String, attempt: Int, deadline: Date)
        /// An attempt came to its end: how.
        case attemptEnded(task: String, attempt: Int, TaskFailure?)
        /// The task is elsewhere now; its new place is in ``RunMachine/tasks``.
        case changed(task: String)
        case finished(RunPhase)
    }

    public let id: String
    public private(set) var phase: RunPhase = .queued
    /// By task id.
    public private(set) var tasks: [String: RunTask]
    /// Ids in an order in which what a task depends on comes before it.
    public let order: [String]
    private let idByModel: [String: String]
    private let dependants: [String: [String]]

    /// - Parameter tasks: Dependencies that are not in the run count as met. A cycle is refused.
    /// - Returns: `nil` when the tasks depend on each other in a circle.
    public init?(id: String, tasks: [RunTask], phase: RunPhase = .queued) {
        self.id = id
        self.phase = phase
        self.tasks = Dictionary(tasks.map { ($0.id, $0) }) { first, _ in first }
        let idByModel = Dictionary(tasks.map { ($0.model, $0.id) }) { first, _ in first }
        var dependants: [String: [String]] = [:]
        var open: [String: Int] = [:]
        for task in tasks {
            let needed = Set(task.dependsOn.compactMap { idByModel[$0] })
            open[task.id] = needed.count
            for id in needed { dependants[id, default: []].append(task.id) }
        }
        var order: [String] = []
        var ready = tasks.map(\.id).filter { open[$0] == 0 }
        while !ready.isEmpty {
            order += ready
            var next: [String] = []
            for id in ready {
                for dependant in dependants[id] ?? [] {
                    open[dependant, default: 0] -= 1
                    if open[dependant] == 0 { next.append(dependant) }
                }
            }
            ready = next
        }
        guard order.count == self.tasks.count else { return nil }
        self.order = order
        self.idByModel = idByModel
        self.dependants = dependants
    }

    /// When something will be due by itself: a retry or the end of an attempt's time.
    public var nextTimer: Date? {
        guard phase == .running else { return nil }
        return tasks.values.compactMap { task in
            switch task.phase {
            case .waiting: task.retryAt
            case .queued, .running: task.deadline
            default: nil
            }
        }.min()
    }

    /// Takes what happened and says what is to be done. An event that no longer matters gives nothing.
    public mutating func handle(_ event: Event, at now: Date) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .begin:
            guard phase == .queued else { return [] }
            phase = .running
        case .started(let id, let attempt):
            guard phase == .running, let task = tasks[id], task.attempt == attempt, task.phase == .queued else {
                return []
            }
            set(id, &actions) { $0.phase = .running }
            return actions
        case .succeeded(let id, let attempt):
            guard succeed(id, attempt, &actions) else { return [] }
        case .failed(let id, let attempt, let failure):
            guard phase == .running, let task = tasks[id], task.attempt == attempt,
                task.phase == .queued || task.phase == .running
            else { return [] }  // an old attempt's failure says nothing of the new one
            fail(id, failure, now, &actions)
        case .clock:
            guard phase == .running else { return [] }
            giveUpOverdue(now, &actions)
        case .cancel:
            guard !phase.isOver else { return [] }
            for id in order where tasks[id]?.phase.isOver == false { set(id, &actions) { $0.phase = .skipped } }
            phase = .cancelled
            return actions + [.finished(.cancelled)]
        }
        dispatchReady(now, &actions)
        finishIfOver(&actions)
        return actions
    }

    /// The work is done, whichever attempt did it; even one that was given up.
    private mutating func succeed(_ id: String, _ attempt: Int, _ actions: inout [Action]) -> Bool {
        guard phase == .running, let task = tasks[id], (1...max(task.attempt, 1)).contains(attempt),
            task.phase != .succeeded, task.phase != .skipped, task.attempt > 0
        else { return false }
        actions.append(.attemptEnded(task: id, attempt: attempt, nil))
        let wasFailed = task.phase == .failed
        set(id, &actions) { $0.phase = .succeeded }
        if wasFailed { revive(after: id, &actions) }
        return true
    }

    private mutating func fail(_ id: String, _ failure: TaskFailure, _ now: Date, _ actions: inout [Action]) {
        guard let task = tasks[id] else { return }
        actions.append(.attemptEnded(task: id, attempt: task.attempt, failure))
        if failure.isRetriable, task.attempt <= task.retry.retriesMax {
            let delay = task.retry.delay(afterAttempt: task.attempt, of: id)
            set(id, &actions) {
                $0.phase = .waiting
                $0.retryAt = now.addingTimeInterval(delay)
            }
        } else {
            set(id, &actions) { $0.phase = .failed }
            condemn(below: id, &actions)
        }
    }

    private mutating func giveUpOverdue(_ now: Date, _ actions: inout [Action]) {
        for id in order {
            guard let task = tasks[id], task.phase == .queued || task.phase == .running, let deadline = task.deadline,
                deadline <= now
            else { continue }
            let seconds = Int(task.retry.attemptTimeout)
            let message =
                task.phase == .queued
                ? "No transformer took up the task within \(seconds) s. Check that one is running and not overloaded."
                : "The transformer did not answer within \(seconds) s. Raise the time limit, or look at its log."
            fail(id, TaskFailure(code: "deadline_exceeded", message: message, isRetriable: true), now, &actions)
        }
    }

    private mutating func dispatchReady(_ now: Date, _ actions: inout [Action]) {
        guard phase == .running else { return }
        for id in order {
            guard let task = tasks[id], task.phase == .waiting, task.retryAt ?? now <= now,
                needed(by: task).allSatisfy({ tasks[$0]?.phase == .succeeded })
            else { continue }
            let deadline = now.addingTimeInterval(task.retry.attemptTimeout)
            set(id, &actions) {
                $0.phase = .queued
                $0.attempt += 1
                $0.retryAt = nil
                $0.deadline = deadline
            }
            actions.append(.dispatch(task: id, attempt: task.attempt + 1, deadline: deadline))
        }
    }

    private mutating func finishIfOver(_ actions: inout [Action]) {
        guard phase == .running, tasks.values.allSatisfy(\.phase.isOver) else { return }
        phase = tasks.values.allSatisfy { $0.phase == .succeeded } ? .succeeded : .failed
        actions.append(.finished(phase))
    }

    private mutating func condemn(below id: String, _ actions: inout [Action]) {
        for dependant in dependants[id] ?? [] where tasks[dependant]?.phase == .waiting {
            set(dependant, &actions) { $0.phase = .upstreamFailed }
            condemn(below: dependant, &actions)
        }
    }

    /// What was condemned for `id` alone may go on after all.
    private mutating func revive(after id: String, _ actions: inout [Action]) {
        for dependant in dependants[id] ?? [] where tasks[dependant]?.phase == .upstreamFailed {
            guard let task = tasks[dependant],
                needed(by: task).allSatisfy({
                    tasks[$0].map { $0.phase != .failed && $0.phase != .upstreamFailed } ?? true
                })
            else { continue }
            set(dependant, &actions) { $0.phase = .waiting }
            revive(after: dependant, &actions)
        }
    }

    private func needed(by task: RunTask) -> [String] { task.dependsOn.compactMap { idByModel[$0] } }

    private mutating func set(_ id: String, _ actions: inout [Action], _ change: (inout RunTask) -> Void) {
        guard var task = tasks[id] else { return }
        change(&task)
        if task.phase.isOver { (task.retryAt, task.deadline) = (nil, nil) }
        tasks[id] = task
        actions.append(.changed(task: id))
    }
}

extension RunMachine {
    /// A run as it was written down, to go on with.
    public init?(restoring id: String, phase: RunPhase, tasks: [RunTask]) {
        self.init(id: id, tasks: tasks, phase: phase)
    }
}
