// The parts of `scheduler serve`, put together from the bottom up.
import ControlPlane
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

    /// - Parameters:
    ///   - holder: Names this process among those that may lead.
    ///   - now: The clock, for tests.
    public init(
        postgres: PostgresSettings, pool: PostgresPool, kafka: KafkaSettings, settings: SchedulerSettings,
        holder: String,
        now: @escaping @Sendable () -> Date = { Date() }, logger: Logger
    ) {
        store = StateStore(pool)
        changes = ChangeFeed(postgres, logger: logger)
        leadership = Leadership(
            LeaderParts(store: store, kafka: kafka, settings: settings, changes: changes, now: now, logger: logger),
            holder: holder)
        watch = StateWatch(store, changes: changes, logger: logger)
    }

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
