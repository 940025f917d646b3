// RunMachine: one run of a DAG, from its first task to its outcome. A plain value: event in, actions out; no clock of its
// own, no I/O.
// Always: a task is dispatched only when its trigger rule lets it; an attempt is dispatched once; the run is over exactly
// when every task is; a run that goes on has a task under way, a time at which it goes on, or a task that waits for a place.
import Foundation

/// A run and its rules.
public struct RunMachine: Sendable, Equatable {
    public enum Event: Sendable, Equatable {
        case begin
        /// A worker has taken up an attempt.
        case started(task: String, attempt: Int)
        /// - Parameter chosen: Of a branch: the nodes right behind it that go on, by name.
        case succeeded(task: String, attempt: Int, chosen: Set<String>? = nil)
        /// A task that needs a place of a pool has one.
        case place(task: String)
        case failed(task: String, attempt: Int, TaskFailure)
        /// Time has passed.
        case clock
        case cancel
    }

    public enum Action: Sendable, Equatable {
        /// Ask for this attempt, and write it down.
        case dispatch(task: String, attempt: Int, deadline: Date)
        /// Ask for the end of an attempt that is under way.
        case end(task: String, attempt: Int)
        /// An attempt came to its end: how.
        case attemptEnded(task: String, attempt: Int, TaskFailure?)
        /// The task is elsewhere now; its new place is in ``RunMachine/tasks``.
        case changed(task: String)
        case finished(RunPhase)
    }

    public let id: String
    public internal(set) var phase: RunPhase
    /// Somebody wants it to end: nothing is begun any more.
    public internal(set) var isCancelling: Bool
    /// By task id.
    public internal(set) var tasks: [String: RunTask]
    public let graph: NodeGraph
    /// The task of each node of the graph.
    let ids: [String]
    /// When something will be due by itself: a retry or the end of an attempt's time.
    public private(set) var nextTimer: Date?
    /// Tasks that may run but for a place of their pool, in their order.
    public private(set) var waitingForPlace: [String] = []
    /// Places that tasks under way have, by pool.
    public private(set) var placesUsed: [String: Int] = [:]

    /// How long the last word of an attempt that is to end is awaited, in seconds. A transformer that is there answers
    /// within a second or two; one that is not must not hold up a DAG.
    public static let cancelGraceMax: TimeInterval = 60

    /// A run as it is planned, or as it was written down, to go on with.
    /// - Parameter tasks: In any order.
    public init(
        id: String, tasks: [RunTask], phase: RunPhase = .queued, isCancelling: Bool = false
    ) throws(GraphError) {
        self.id = id
        self.phase = phase
        self.isCancelling = isCancelling
        graph = try NodeGraph(tasks.map(\.node))
        ids = tasks.map(\.id)
        self.tasks = Dictionary(tasks.map { ($0.id, $0) }) { first, _ in first }
        noteTimers()
        if phase == .running { settleRestored() }
    }

    /// Which tasks wait for a place is not written down: it follows, at the next event at the latest.
    private mutating func settleRestored() {
        for place in graph.order {
            guard !isCancelling, let task = tasks[ids[place]], task.phase == .waiting, task.node.pool != nil,
                task.retryAt == nil,
                verdict(on: task, at: place) == .run
            else { continue }
            waitingForPlace.append(ids[place])
        }
    }

    /// Task ids in an order in which what a task depends on comes before it.
    public var order: [String] { graph.order.map { ids[$0] } }

    /// Takes what happened and says what is to be done. An event that no longer matters gives nothing.
    public mutating func handle(_ event: Event, at now: Date) -> [Action] {
        var actions: [Action] = []
        guard take(event, now, &actions) else { return [] }
        if case .started = event { return actions }  // nothing hangs on that
        settle(now, &actions)
        noteTimers()
        return actions
    }

    /// - Returns: False when nothing follows from it.
    private mutating func take(_ event: Event, _ now: Date, _ actions: inout [Action]) -> Bool {
        switch event {
        case .begin:
            guard phase == .queued else { return false }
            phase = .running
        case .started(let id, let attempt):
            guard phase == .running, let task = tasks[id], task.attempt == attempt, task.phase == .queued else {
                return false
            }
            set(id, &actions) { $0.phase = .running }
        case .succeeded(let id, let attempt, let chosen): return succeed(id, attempt, chosen, &actions)
        case .failed(let id, let attempt, let failure):
            // An old attempt's failure says nothing of the new one.
            guard phase == .running, let task = tasks[id], task.attempt == attempt, task.phase.isUnderWay else {
                return false
            }
            fail(id, failure, now, &actions)
        case .place(let id):
            guard phase == .running, waitingForPlace.contains(id) else { return false }
            dispatch(id, now, &actions)
        case .clock:
            guard phase == .running else { return false }
            giveUpOverdue(now, &actions)
        case .cancel:
            guard !phase.isOver, !isCancelling else { return false }
            isCancelling = true
            for id in order { cancel(id, now, &actions) }
        }
        return true
    }

    /// The work is done, whichever attempt did it; even one that was given up.
    private mutating func succeed(
        _ id: String, _ attempt: Int, _ chosen: Set<String>?, _ actions: inout [Action]
    ) -> Bool {
        guard phase == .running, let task = tasks[id], task.attempt > 0, (1...task.attempt).contains(attempt),
            task.phase != .succeeded, !task.isMarked
        else { return false }
        actions.append(.attemptEnded(task: id, attempt: attempt, nil))
        set(id, &actions) {
            $0.phase = .succeeded
            $0.chosen = chosen
        }
        return true
    }

    private mutating func fail(_ id: String, _ failure: TaskFailure, _ now: Date, _ actions: inout [Action]) {
        guard let task = tasks[id] else { return }
        actions.append(.attemptEnded(task: id, attempt: task.attempt, failure))
        if task.phase == .cancelling {
            set(id, &actions) { $0.phase = failure.code == TaskFailure.cancelled ? .cancelled : .failed }
        } else if failure.isRetriable, task.attempt - task.attemptsBefore <= task.node.retry.retriesMax {
            let delay = task.node.retry.delay(afterAttempt: task.attempt - task.attemptsBefore, of: id)
            set(id, &actions) {
                $0.phase = .waiting
                $0.retryAt = now.addingTimeInterval(delay)
                $0.deadline = nil
            }
        } else {
            set(id, &actions) { $0.phase = .failed }
        }
    }

    private mutating func giveUpOverdue(_ now: Date, _ actions: inout [Action]) {
        for id in ids {
            guard let task = tasks[id], task.phase.isUnderWay, let deadline = task.deadline, deadline <= now else {
                continue
            }
            fail(id, Self.overdue(task), now, &actions)
        }
    }

    /// Why an attempt whose time is over is given up.
    private static func overdue(_ task: RunTask) -> TaskFailure {
        let seconds = Int(task.node.retry.attemptTimeout)
        func deadline(_ message: String) -> TaskFailure {
            TaskFailure(code: "deadline_exceeded", message: message, isRetriable: true)
        }
        switch (task.phase, task.node.kind.isOfTransformer) {
        case (.cancelling, true):
            return TaskFailure(
                code: TaskFailure.cancelled,
                message:
                    "The task was cancelled. No transformer said that it has ended; one that is at it ends it when it hears of that.",
                isRetriable: false)
        case (.cancelling, false):
            return TaskFailure(
                code: TaskFailure.cancelled, message: "The task was cancelled; it did not say that it has ended.",
                isRetriable: false)
        case (.queued, true):
            return deadline(
                "No transformer took up the task within \(seconds) s. Check that one is running and not overloaded.")
        case (_, true):
            return deadline(
                "The transformer did not answer within \(seconds) s. Raise the time limit, or look at its log.")
        case (_, false):
            return deadline(
                "It was not done within \(seconds) s. Raise the task's timeout, or look at what it waits for.")
        }
    }

    /// Ends a task that is not over: at once, or, when a worker may have it, with its last word.
    mutating func cancel(_ id: String, _ now: Date, _ actions: inout [Action]) {
        guard let task = tasks[id], !task.phase.isOver, task.phase != .cancelling else { return }
        guard task.phase.isUnderWay else { return set(id, &actions) { $0.phase = .cancelled } }
        let end = now.addingTimeInterval(Self.cancelGraceMax)
        set(id, &actions) {
            $0.phase = .cancelling
            $0.deadline = min($0.deadline ?? end, end)
        }
        actions.append(.end(task: id, attempt: task.attempt))
    }

    // MARK: What follows

    /// Goes through the tasks once, those before a task first: what follows for each from those before it; then for the run.
    mutating func settle(_ now: Date, _ actions: inout [Action]) {
        waitingForPlace = []
        for place in graph.order {
            let id = ids[place]
            guard !isCancelling, let task = tasks[id], task.phase.isDerived, !task.isMarked else { continue }
            switch verdict(on: task, at: place) {
            case .upstreamFailed: become(.upstreamFailed, id, &actions)
            case .skipped: become(.skipped, id, &actions)
            case .wait:
                become(.waiting, id, &actions)
                // It goes on when those before it do, and not by itself.
                tasks[id]?.retryAt = nil
            case .run:
                become(.waiting, id, &actions)
                guard phase == .running, task.retryAt ?? now <= now else { continue }
                guard task.node.pool != nil else {
                    dispatch(id, now, &actions)
                    continue
                }
                // It goes on when a place is free, and not by itself.
                tasks[id]?.retryAt = nil
                waitingForPlace.append(id)
            }
        }
        if phase == .running || isCancelling { finishIfOver(&actions) }
    }

    /// What the task's rule says of those before it. A branch that did not choose it counts as skipped.
    private func verdict(on task: RunTask, at place: Int) -> TriggerRule.Verdict {
        task.node.rule.verdict(
            upstream: graph.upstream[place].compactMap { other in
                guard let before = tasks[ids[other]] else { return nil }
                if before.phase == .succeeded, let chosen = before.chosen, !chosen.contains(task.node.id) {
                    return .skipped
                }
                return before.phase
            })
    }

    private mutating func become(_ phase: TaskPhase, _ id: String, _ actions: inout [Action]) {
        if tasks[id]?.phase != phase { set(id, &actions) { $0.phase = phase } }
    }

    private mutating func dispatch(_ id: String, _ now: Date, _ actions: inout [Action]) {
        guard let task = tasks[id] else { return }
        let deadline = now.addingTimeInterval(task.node.retry.attemptTimeout)
        set(id, &actions) {
            $0.phase = .queued
            $0.attempt += 1
            $0.retryAt = nil
            $0.deadline = deadline
        }
        actions.append(.dispatch(task: id, attempt: task.attempt + 1, deadline: deadline))
    }

    /// A run ends as its last tasks do: what a task's failure means is said by the rules of those behind it.
    mutating func finishIfOver(_ actions: inout [Action]) {
        guard !phase.isOver, tasks.values.allSatisfy(\.phase.isOver) else { return }
        let isGood = graph.leaves.allSatisfy {
            switch tasks[ids[$0]]?.phase {
            case .succeeded, .skipped: true
            default: false
            }
        }
        // One that was to be cancelled may have been done already.
        phase = isGood && (!isCancelling || !tasks.isEmpty) ? .succeeded : isCancelling ? .cancelled : .failed
        actions.append(.finished(phase))
    }

    mutating func set(_ id: String, _ actions: inout [Action], _ change: (inout RunTask) -> Void) {
        guard var task = tasks[id] else { return }
        change(&task)
        if task.phase.isOver { (task.retryAt, task.deadline) = (nil, nil) }
        tasks[id] = task
        actions.append(.changed(task: id))
    }

    mutating func noteTimers() {
        nextTimer = nil
        placesUsed = [:]
        guard phase == .running else { return }
        for task in tasks.values {
            if let pool = task.node.pool, task.phase.isUnderWay { placesUsed[pool, default: 0] += 1 }
            let timer = task.phase == .waiting ? task.retryAt : task.phase.isUnderWay ? task.deadline : nil
            if let timer, timer < nextTimer ?? .distantFuture { nextTimer = timer }
        }
    }
}
