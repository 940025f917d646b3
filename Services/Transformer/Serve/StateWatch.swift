import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Knows how the outbox and what is set aside stand, for readiness and metrics: they must not ask the database.
final class StateWatch: Service, CustomStringConvertible {
    private let store: StateStore
    private let catalog: EnvironmentCatalog
    private let every: Duration
    private let trouble: TroubleLog
    private let known = Mutex(StateStanding())
    private let waiting = Gauge(label: "transformer_outbox_messages")
    private let oldest = Gauge(label: "transformer_outbox_oldest_seconds")
    private let aside = Gauge(label: "transformer_set_aside")

    /// A message that waits longer is worth a word, in seconds.
    static let oldestMax = 60.0

    init(_ store: StateStore, _ catalog: EnvironmentCatalog, every: Duration = .seconds(5), logger: Logger) {
        self.store = store
        self.catalog = catalog
        self.every = every
        trouble = TroubleLog("state not looked at", level: .debug, logger: logger)
    }

    var description: String { "StateWatch" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.look()
                // cancelled: the loop sees it
                try? await Task.sleep(for: self.every)
            }
        }
    }

    func look() async {
        do {
            let standing = try await store.standing()
            known.withLock { $0 = standing }
            waiting.record(standing.waiting)
            oldest.record(standing.oldestSeconds)
            aside.record(standing.setAside)
            trouble.over()
        } catch {
            trouble.note(error)
        }
    }

    func addChecks(to health: HealthChecks) {
        health.add("outbox") {
            let standing = self.known.withLock { $0 }
            guard standing.oldestSeconds > Self.oldestMax else { return .ok }
            return .warning(
                "\(standing.waiting) messages wait to be sent, the oldest for \(Int(standing.oldestSeconds)) s")
        }
        health.add("set aside") {
            let standing = self.known.withLock { $0 }
            guard standing.setAside > 0 else { return .ok }
            return .warning(
                "\(standing.setAside) set aside (\(standing.examples.joined())): look with `transformer set-aside`")
        }
        health.add("environments") { [catalog] in
            let unreadable = catalog.unreadable
            guard !unreadable.isEmpty else { return .ok }
            return .warning(unreadable.map(\.description).joined(separator: " "))
        }
    }

    static func describe() {
        MetricsRegistry.shared.describe([
            MetricDescription("transformer_outbox_messages", help: "Messages that wait to be sent."),
            MetricDescription(
                "transformer_outbox_oldest_seconds", help: "How long the oldest message has waited to be sent."),
            MetricDescription("transformer_set_aside", help: "What could not be dealt with and waits for a person."),
            MetricDescription("transformer_set_aside_total", help: "Messages that could not be dealt with, by type."),
        ])
    }
}
