import ControlPlane
import Foundation
import Kafka
import Postgres
import Synchronization
import TestKit
import Timetable

@testable import Scheduler

/// A clock that tests set.
final class TestClock: Sendable {
    private let time: Mutex<Date>

    init(_ time: Date = Date()) { self.time = Mutex(time) }

    var now: Date { time.withLock { $0 } }
    func set(_ date: Date) { time.withLock { $0 = date } }
}

/// A database, a fake transformer and an environment, all of this test's own.
struct Harness: Sendable {
    let database: TestDatabase
    let transformer: FakeTransformer
    let environment: String

    static func with(
        _ script: @escaping FakeTransformer.Script = { _ in .succeed }, _ body: @Sendable (Harness) async throws -> Void
    ) async throws {
        let environment = KafkaTestServer.uniqueName("env").replacing("-", with: "_")
        try await TestDatabase.with { database in
            try await StateStore(database.pool).migrate(logger: TestDatabase.logger)
            try await FakeTransformer.with(environment, script) { transformer in
                let harness = Harness(database: database, transformer: transformer, environment: environment)
                do {
                    try await body(harness)
                } catch {
                    try? await harness.publish(EnvironmentRemoved(environment: environment))
                    throw error
                }
                try await harness.publish(EnvironmentRemoved(environment: environment))
            }
        }
    }

    var store: StateStore { StateStore(database.pool) }

    var settings: SchedulerSettings {
        SchedulerSettings(
            retry: RetryPolicy(retriesMax: 2, delay: 0.02, delayMax: 0.1, attemptTimeout: 60), lease: .seconds(1),
            environments: [environment])
    }

    /// Promotes an environment: `["a": [], "b": ["a"]]`.
    func promote(
        _ graph: KeyValuePairs<String, [String]>, cron: String = "0 0 1 1 *", retries: Int? = nil, start: Date? = nil
    ) async throws {
        let models = graph.map { name, dependencies in
            EnvironmentManifest.Model(
                name: name, kind: "INCREMENTAL_BY_TIME_RANGE", relation: "x.\(name)", columns: [],
                dependsOn: dependencies,
                sources: [], cron: cron, start: start, retries: retries)
        }
        try await publish(EnvironmentManifest(environment: environment, promotedAt: Date(), plan: "p1", models: models))
    }

    func publish(_ message: some ControlMessage) async throws {
        let publisher = try ControlPublisher(OwnBroker.settings(), source: "/test", logger: TestDatabase.logger)
        try await publisher.publish(message)
        await publisher.close()
    }

    /// Runs `body` beside a scheduler process (without its HTTP face), which then stops as on SIGTERM.
    func withNode(
        _ name: String = "node", clock: TestClock? = nil, folder: DAGFolder? = nil,
        tasks: TaskSettings = TaskSettings(),
        change: (inout SchedulerSettings) -> Void = { _ in }, _ body: @Sendable (SchedulerNode) async throws -> Void
    ) async throws {
        let running = try start(name, clock: clock, folder: folder, tasks: tasks, change: change)
        do {
            try await body(running.node)
        } catch {
            running.task.cancel()
            try? await running.task.value
            throw error
        }
        running.task.cancel()
        try? await running.task.value
    }

    /// A scheduler process that runs until its task is cancelled: as good as killed, its lease is not given up.
    func start(
        _ name: String, clock: TestClock? = nil, folder: DAGFolder? = nil, tasks: TaskSettings = TaskSettings(),
        change: (inout SchedulerSettings) -> Void = { _ in }
    ) throws -> (node: SchedulerNode, task: Task<Void, any Error>) {
        var settings = settings
        change(&settings)
        let node = SchedulerNode(
            postgres: database.settings, pool: database.pool, kafka: OwnBroker.settings(clientID: name),
            settings: settings, tasks: tasks, folder: folder?.path, holder: name, now: { clock?.now ?? Date() },
            logger: TestDatabase.logger)
        let task = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in node.services { group.addTask { try await service.run() } }
                try await group.waitForAll()
            }
            await node.close()
        }
        return (node, task)
    }

    /// The DAG once its manifest is known.
    func learnt(by node: SchedulerNode) async throws -> DAGRecord {
        try await eventually(node) { try? await store.dag(environment) }
    }

    /// Asks for a run of every model.
    func trigger(at now: Date = Date()) async throws -> String {
        let dag = try await store.dag(environment)
        return try await store.request(
            try RunPlanner(dag.manifest, retry: settings.retry).manual(nil, by: "test", at: now),
            by: "test")
    }

    /// The run once it is over.
    func finished(_ run: String, _ node: SchedulerNode) async throws -> StoredRun {
        try await eventually(node) {
            let stored = try await store.run(run)
            return stored.run.state.isOver ? stored : nil
        }
    }

    /// Looks now and after each change of the state until there is something.
    func eventually<R>(_ node: SchedulerNode, _ look: () async throws -> R?) async throws -> R {
        let changes = node.changes.subscribe()
        if let found = try await look() { return found }
        for await _ in changes {
            if let found = try await look() { return found }
        }
        throw CancellationError()
    }
}

extension RetryPolicy {
    /// For plans: so many retries, and no long waits.
    static func few(_ retriesMax: Int) -> RetryPolicy {
        RetryPolicy(retriesMax: retriesMax, delay: 1, delayMax: 1, attemptTimeout: 60)
    }
}

extension Harness {
    /// What is set aside but for answers: those of other tests, which share the topic, are none of this one's.
    func setAsideHere() async throws -> [SetAsideRecord] { try await store.setAside().filter { $0.kind != .answer } }
}
