// The parts of `scheduler serve`, put together from the bottom up.
import ControlPlane
import Curl
import Foundation
import Kafka
import Logging
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Timetable

/// A scheduler process without its HTTP face: state, notices, and its part in the question of who leads.
public struct SchedulerNode: Sendable {
    public let store: StateStore
    public let changes: ChangeFeed
    public let leadership: Leadership
    public let watch: StateWatch
    /// For the statements of tasks.
    let sql: PostgresPool

    private static let statementsMax = 4
    private static let statementWaitMax: Duration = .seconds(3600)

    /// - Parameters:
    ///   - tasks: What tasks of files may use.
    ///   - folder: The pipeline folder, whose `dags/` is read by who leads; `nil`: none.
    ///   - holder: Names this process among those that may lead.
    ///   - now: The clock, for tests.
    public init(
        postgres: PostgresSettings, pool: PostgresPool, kafka: KafkaSettings, settings: SchedulerSettings,
        tasks: TaskSettings = TaskSettings(), folder: String? = nil, holder: String,
        now: @escaping @Sendable () -> Date = { Date() }, logger: Logger
    ) {
        store = StateStore(pool)
        // Statements of tasks may take long: they wait for each other, and never keep the leader waiting.
        var taskPostgres = postgres
        taskPostgres.applicationName = "scheduler-tasks"
        var limits = PostgresPoolLimits(connectionsMax: Self.statementsMax)
        limits.waitMax = Self.statementWaitMax
        sql = PostgresPool(taskPostgres, limits: limits, logger: logger)
        changes = ChangeFeed(postgres, logger: logger)
        leadership = Leadership(
            LeaderParts(
                store: store, kafka: kafka, settings: settings, changes: changes,
                executors: ExecutorParts(
                    store: store, changes: changes, kafka: kafka, settings: tasks, sql: sql,
                    http: HTTPClient(logger: logger), logger: logger),
                folder: folder, holder: holder, now: now, logger: logger),
            holder: holder)
        watch = StateWatch(store, changes: changes, logger: logger)
    }

    /// Closes what this process has open besides the pool that it was given.
    public func close() async { await sql.close() }

    /// In order of need.
    public var services: [any Service] { [changes, watch, leadership] }

    /// Whether this process does its part: leads, or stands by and would hear when it is needed.
    public func addChecks(to health: HealthChecks) {
        health.add("leadership") { [leadership] in
            switch leadership.standing {
            case .leader, .standby: .ok
            case .starting: .failing("starting")
            case .away(let reason): .failing(reason)
            }
        }
        health.add("outbox") { [watch] in watch.health().outbox }
        health.add("set aside") { [watch] in watch.health().setAside }
        health.add("notices") { [changes] in changes.isConnected ? .ok : .failing("no notices from the state database")
        }
    }

    /// Host and process id.
    public static var holderOfThisProcess: String {
        "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)"
    }
}
