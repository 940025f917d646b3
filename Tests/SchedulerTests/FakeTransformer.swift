import ControlPlane
import Foundation
import Kafka
import Synchronization
import TestKit

/// Answers commands over the real broker, as a transformer would: each task and attempt once.
final class FakeTransformer: Sendable {
    enum Answer: Sendable {
        case succeed
        case fail(retriable: Bool)
        /// Takes the task up and says no more.
        case start
        case silence
    }

    typealias Script = @Sendable (TransformRequested) -> Answer

    private struct State {
        var commands: [TransformRequested] = []
        var cancels: [TransformCancelRequested] = []
        var hearsCancels = true
        var deliveries = 0
        var listeners: [AsyncStream<Void>.Continuation] = []
    }

    let environment: String
    private let script: Script
    private let publisher: ControlPublisher
    private let subscriber: ControlSubscriber
    private let state = Mutex(State())

    private init(_ environment: String, _ script: @escaping Script) throws {
        self.environment = environment
        self.script = script
        publisher = try ControlPublisher(OwnBroker.settings(), source: "/test/transformer", logger: TestDatabase.logger)
        subscriber = try ControlSubscriber(
            OwnBroker.settings(), topics: [.commands], from: .end, logger: TestDatabase.logger)
    }

    /// Runs `body` beside a transformer that hears everything sent from the start of `body` on.
    static func with<R: Sendable>(
        _ environment: String, _ script: @escaping Script = { _ in .succeed },
        _ body: @Sendable (FakeTransformer) async throws -> R
    ) async throws -> R {
        let admin = try KafkaAdmin(OwnBroker.settings(), logger: TestDatabase.logger)
        try await ControlTopics.ensure(admin)
        let partitions = try await admin.watermarks(of: ControlTopic.commands.rawValue).count
        await admin.close()
        let fake = try FakeTransformer(environment, script)
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let reading = Task {
            var caughtUp = 0
            while let delivery = try await fake.subscriber.next() {
                switch delivery {
                case .caughtUp:
                    caughtUp += 1
                    if caughtUp == partitions { isReady.finish() }
                case .message(let envelope):
                    switch envelope.message {
                    case let command as TransformRequested: try await fake.take(command)
                    case let cancel as TransformCancelRequested: try await fake.take(cancel)
                    default: break
                    }
                case .unreadable, .gap: break
                }
            }
            try await fake.subscriber.close()
        }
        for await _ in ready {}
        let result: Result<R, any Error>
        do { result = .success(try await body(fake)) } catch { result = .failure(error) }
        fake.subscriber.finish()
        try await reading.value
        await fake.publisher.close()
        return try result.get()
    }

    /// Every command of this environment, each task and attempt once, in the order in which they came.
    var commands: [TransformRequested] { state.withLock { $0.commands } }
    /// How often commands came, repetitions counted.
    var deliveries: Int { state.withLock { $0.deliveries } }

    /// Waits until the commands are so.
    func until(_ condition: @Sendable ([TransformRequested]) -> Bool) async throws {
        let (changed, source) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let holds = state.withLock { state in
            state.listeners.append(source)
            return condition(state.commands)
        }
        if holds { return }
        for await _ in changed where condition(commands) { return }
        throw CancellationError()
    }

    private func take(_ command: TransformRequested) async throws {
        guard command.environment == environment else { return }
        let isNew = state.withLock { state in
            state.deliveries += 1
            if state.commands.contains(where: { $0.task == command.task && $0.attempt == command.attempt }) {
                return false
            }
            state.commands.append(command)
            return true
        }
        guard isNew else { return }
        try await answer(command, script(command))
        for listener in state.withLock({ $0.listeners }) { listener.yield() }
    }

    /// Ends a task, as a transformer does that has it or never heard of it.
    private func take(_ cancel: TransformCancelRequested) async throws {
        guard cancel.environment == environment else { return }
        let hears = state.withLock { state in
            state.cancels.append(cancel)
            return state.hearsCancels
        }
        guard hears else { return }
        try await publisher.publish(
            TransformFailed(
                task: cancel.task, run: cancel.run, attempt: cancel.attempt, environment: cancel.environment,
                model: cancel.model, worker: "fake",
                error: ControlFailure(code: "cancelled", message: "The task was cancelled.", retriable: false)))
    }

    /// What was to end, in order.
    var cancels: [TransformCancelRequested] { state.withLock { $0.cancels } }

    /// From now on it says nothing to cancellations.
    func ignoreCancels() { state.withLock { $0.hearsCancels = false } }

    func answer(_ command: TransformRequested, _ answer: Answer) async throws {
        if case .silence = answer { return }
        try await publisher.publish(
            TransformStarted(
                task: command.task, run: command.run, attempt: command.attempt, environment: command.environment,
                model: command.model, worker: "fake", startedAt: Date()))
        switch answer {
        case .succeed:
            try await publisher.publish(
                TransformSucceeded(
                    task: command.task, run: command.run, attempt: command.attempt, environment: command.environment,
                    model: command.model, worker: "fake", intervals: [], rows: 7, durationMs: 1))
        case .fail(let retriable):
            try await publisher.publish(
                TransformFailed(
                    task: command.task, run: command.run, attempt: command.attempt, environment: command.environment,
                    model: command.model, worker: "fake",
                    error: ControlFailure(code: "sql_error", message: "no such column", retriable: retriable)))
        case .start, .silence: break
        }
    }
}
