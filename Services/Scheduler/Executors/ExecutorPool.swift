// ExecutorPool: attempts that are under way in this process, side by side. It ends with the leader's term; whoever leads next
// begins them again, and what they do is done once: see Executors.
import Foundation
import Logging
import Synchronization
import Timetable

final class ExecutorPool: Sendable {
    private struct Key: Hashable {
        var task: String
        var attempt: Int
    }

    private let executors: Executors
    private let inbox: LeaderInbox
    private let worker: String
    private let now: @Sendable () -> Date
    private let attempts: AsyncStream<LocalAttempt>
    private let source: AsyncStream<LocalAttempt>.Continuation
    private let stops = Mutex<[Key: StopSignal]>([:])

    init(_ executors: Executors, inbox: LeaderInbox, worker: String, now: @escaping @Sendable () -> Date) {
        self.executors = executors
        self.inbox = inbox
        self.worker = worker
        self.now = now
        (attempts, source) = AsyncStream.makeStream()
    }

    /// Begins attempts that were written down. Those that are under way here are left alone.
    func start(_ attempts: [LocalAttempt]) {
        for attempt in attempts {
            let isNew = stops.withLock { stops in
                let key = Key(task: attempt.task, attempt: attempt.attempt)
                if stops[key] != nil { return false }
                stops[key] = StopSignal()
                return true
            }
            if isNew { source.yield(attempt) }
        }
    }

    /// Ends an attempt; it says so itself.
    func end(task: String, attempt: Int) {
        stops.withLock { $0[Key(task: task, attempt: attempt)] }?.give()
    }

    func finish() { source.finish() }

    /// Carries out until `finish`, or until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await attempt in attempts { group.addTask { await self.carryOut(attempt) } }
            group.cancelAll()
        }
    }

    private func carryOut(_ attempt: LocalAttempt) async {
        let key = Key(task: attempt.task, attempt: attempt.attempt)
        guard let stop = stops.withLock({ $0[key] }) else { return }
        await tell(attempt, .started(now()))
        let log = AttemptLog(attempt, now: now)
        let end = await end(of: attempt, stop, log)
        stops.withLock { $0[key] = nil }
        if let end { await tell(attempt, end, log.all) }
    }

    /// - Returns: `nil` when the term ends first.
    private func end(of attempt: LocalAttempt, _ stop: StopSignal, _ log: AttemptLog) async -> LocalOutcome.Event? {
        do {
            let result = try await withThrowingTaskGroup(of: TaskResult?.self) { group in
                group.addTask { try await self.executors.carryOut(attempt, log, now: self.now) }
                group.addTask {
                    await stop.wait()
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            if let result { return .succeeded(result) }
            if Task.isCancelled { return nil }
            return .failed(
                TaskFailure(code: TaskFailure.cancelled, message: "The task was cancelled.", isRetriable: false))
        } catch {
            if stop.isGiven {
                return .failed(
                    TaskFailure(code: TaskFailure.cancelled, message: "The task was cancelled.", isRetriable: false))
            }
            return Task.isCancelled ? nil : .failed(TaskFailure(error))
        }
    }

    private func tell(_ attempt: LocalAttempt, _ event: LocalOutcome.Event, _ log: [LogRecord] = []) async {
        await inbox.send(
            .outcome(
                LocalOutcome(
                    run: attempt.run, task: attempt.task, attempt: attempt.attempt, worker: worker, event: event,
                    log: log)))
    }
}
