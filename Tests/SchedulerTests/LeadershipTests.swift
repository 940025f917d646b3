import ControlPlane
import Curl
import Foundation
import ServiceLifecycle
import TestKit
import Testing
import Timetable

@testable import Scheduler

@Suite("One leads, others stand by", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct LeadershipTests {
    @Test("a standby takes over what a killed leader left, and nothing is done twice")
    func takeOver() async throws {
        try await Harness.with({ $0.model == "a" ? .start : .succeed }) { harness in
            try await harness.promote(["a": [], "b": ["a"]])
            let first = try harness.start("first")
            _ = try await harness.learnt(by: first.node)
            let second = try harness.start("second")
            let id = try await harness.trigger()
            try await harness.transformer.until { $0.count == 1 }
            first.task.cancel()
            try? await first.task.value
            // The answer comes while nobody leads.
            try await harness.transformer.answer(harness.transformer.commands[0], .succeed)
            let run = try await harness.finished(id, second.node)
            #expect(run.run.state == .succeeded)
            #expect(harness.transformer.commands.map { "\($0.model)#\($0.attempt)" } == ["a#1", "b#1"])
            #expect(second.node.leadership.standing != .standby)
            second.task.cancel()
            try? await second.task.value
        }
    }

    @Test("a leader that is told to stop gives its place up at once")
    func handOver() async throws {
        try await Harness.with { harness in
            try await harness.promote(["a": []])
            // A lease so long that only giving it up can explain the change.
            func lease(_ settings: inout SchedulerSettings) { settings.lease = .seconds(200) }
            var settings = harness.settings
            lease(&settings)
            let first = Leadership(try harness.parts(settings), holder: "first")
            let group = ServiceGroup(services: [first], logger: TestDatabase.logger)
            let leading = Task { try await group.run() }
            while first.standing != .leader(epoch: 1) { try await Task.sleep(for: .milliseconds(5)) }
            try await harness.withNode("second", change: lease) { second in
                _ = try await harness.learnt(by: second)
                while second.leadership.standing != .standby { try await Task.sleep(for: .milliseconds(5)) }
                await group.triggerGracefulShutdown()
                try await leading.value
                let run = try await harness.finished(try await harness.trigger(), second)
                #expect(run.run.state == .succeeded)
                #expect(second.leadership.standing == .leader(epoch: 2))
            }
        }
    }

    @Test("who is no longer the leader writes nothing")
    func fence() async throws {
        try await Harness.with { harness in
            let lease = Lease(store: harness.store, holder: "old", length: .milliseconds(50))
            let old = try #require(try await lease.acquire())
            #expect(try await Lease(store: harness.store, holder: "new", length: .seconds(60)).acquire() == nil)
            try await Task.sleep(for: try await lease.remaining() + .milliseconds(20))
            let new = try #require(try await Lease(store: harness.store, holder: "new", length: .seconds(60)).acquire())
            #expect(new > old)
            #expect(try await lease.renew(old) == false)
            var change = StateChange()
            change.outbox = [OutboxRecord(messageId: UUIDv7.make().text, type: "run.started", payload: "{}")]
            await #expect(throws: StateError.deposed) { try await harness.store.write(change, epoch: old) }
            #expect(try await harness.store.outbox().isEmpty)
            try await harness.store.write(change, epoch: new)
            try await harness.store.write(change, epoch: new)  // the same message is there once
            #expect(try await harness.store.outbox().count == 1)
        }
    }

    @Test("kill -9 at random moments, again and again: no task is lost and none is asked for twice", arguments: 1...1)
    func kill(round: Int) async throws {
        let binary = SchedulerProcess.binary
        try #require(
            FileManager.default.isExecutableFile(atPath: binary), "build the product scheduler first: \(binary)")
        try await Harness.with { harness in
            try await harness.promote(["a": [], "b": ["a"], "c": ["b"], "d": ["c"], "e": ["d"], "f": ["a"]])
            var random = SystemRandomNumberGenerator()
            try await harness.withFeed { changes in
                var process = try SchedulerProcess(harness)
                _ = try await harness.eventually(changes) { try? await harness.store.dag(harness.environment) }
                var ids: [String] = []
                for _ in 0..<6 {
                    ids.append(try await harness.trigger())
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...2200, using: &random)))
                    process.kill()
                    process = try SchedulerProcess(harness)
                }
                for id in ids {
                    let run = try await harness.eventually(changes) {
                        let stored = try await harness.store.run(id)
                        return stored.run.state.isOver ? stored : nil
                    }
                    #expect(run.run.state == .succeeded)
                    #expect(run.tasks.allSatisfy { $0.attempt == 1 })
                }
                process.kill()
            }
            let epoch = try await harness.store.texts("SELECT epoch::text FROM scheduler.lease").first.flatMap {
                Int($0)
            }
            #expect((epoch ?? 0) > 2, "too few leaders to show anything")
            let commands = harness.transformer.commands
            #expect(commands.count == 6 * 6)
            #expect(Set(commands.map { "\($0.run)/\($0.model)" }).count == 6 * 6)
        }
    }
}

/// A scheduler in a process of its own.
final class SchedulerProcess {
    private let process = Process()

    static var binary: String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "scheduler").path
    }

    init(_ harness: Harness) throws {
        process.executableURL = URL(filePath: Self.binary)
        process.arguments = ["serve"]
        var environment = harness.database.environment
        environment["KAFKA_BOOTSTRAP_SERVERS"] = OwnBroker.settings().bootstrapServers
        environment["HTTP_PORT"] = "0"
        environment["SESSION_SECRET"] = "r8Jq0vX2mZ5tLw9pYc4Nf7Gh1Bk6Ds3A" + UUID().uuidString
        environment["SCHEDULER_ENVIRONMENTS"] = harness.environment
        environment["SCHEDULER_LEASE"] = "1s"
        process.environment = environment
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit { kill() }
}

extension Harness {
    func parts(_ settings: SchedulerSettings) throws -> LeaderParts {
        let changes = ChangeFeed(database.settings, logger: TestDatabase.logger)
        return LeaderParts(
            store: store, kafka: OwnBroker.settings(), settings: settings, changes: changes,
            executors: executorParts(changes), folder: nil, holder: "test", now: { Date() },
            logger: TestDatabase.logger)
    }

    func executorParts(_ changes: ChangeFeed, tasks: TaskSettings = TaskSettings()) -> ExecutorParts {
        ExecutorParts(
            store: store, changes: changes, kafka: OwnBroker.settings(), settings: tasks, sql: database.pool,
            http: HTTPClient(logger: TestDatabase.logger), logger: TestDatabase.logger)
    }

    /// Runs `body` with the notices of the state, without a scheduler in this process.
    func withFeed(_ body: (ChangeFeed) async throws -> Void) async throws {
        let feed = ChangeFeed(database.settings, logger: TestDatabase.logger)
        let listening = Task { try await feed.run() }
        defer { listening.cancel() }
        try await body(feed)
    }

    func eventually<R>(_ feed: ChangeFeed, _ look: () async throws -> R?) async throws -> R {
        let changes = feed.subscribe()
        if let found = try await look() { return found }
        for await _ in changes {
            if let found = try await look() { return found }
        }
        throw CancellationError()
    }
}
