// StateWatch: knows how the outbox and what is set aside stand, for readiness and metrics: they must not ask the database.
import Foundation
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Looks at the state now and then, in every scheduler process.
public final class StateWatch: Service, CustomStringConvertible {
    private let store: StateStore
    private let changes: ChangeFeed
    private let trouble: TroubleLog
    private let known = Mutex(StateStanding())
    private let waiting = Gauge(label: "scheduler_outbox_messages")
    private let oldest = Gauge(label: "scheduler_outbox_oldest_seconds")
    private let aside = Gauge(label: "scheduler_set_aside")

    /// How often it looks, when nothing is told.
    private static let every: Duration = .seconds(5)
    /// Changes come in swarms: no look sooner after the last.
    private static let atMostEvery: Duration = .milliseconds(500)
    /// A message that waits longer is worth a word.
    static let oldestMax: Double = 60

    init(_ store: StateStore, changes: ChangeFeed, logger: Logger) {
        self.store = store
        self.changes = changes
        trouble = TroubleLog("state not looked at", level: .debug, logger: logger)
    }

    public var description: String { "StateWatch" }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.look()
                await self.wait()
            }
        }
    }

    private func look() async {
        do {
            let standing = try await store.standing()
            known.withLock { $0 = standing }
            waiting.record(standing.waiting)
            oldest.record(standing.oldestSeconds ?? 0)
            aside.record(standing.setAside)
            trouble.over()
        } catch {
            trouble.note(error)
        }
    }

    private func wait() async {
        guard (try? await Task.sleep(for: Self.atMostEvery)) != nil else { return }  // cancelled: the loop sees it
        await withTaskGroup(of: Void.self) { group in
            // cancelled: a change came first
            group.addTask { try? await Task.sleep(for: Self.every) }
            group.addTask { for await _ in self.changes.subscribe() { return } }
            await group.next()
            group.cancelAll()
        }
    }

    /// What an operator should know.
    func health() -> (outbox: HealthStatus, setAside: HealthStatus) {
        let standing = known.withLock { $0 }
        let age = standing.oldestSeconds ?? 0
        return (
            age > Self.oldestMax
                ? .warning("\(standing.waiting) messages wait to be sent, the oldest for \(Int(age)) s") : .ok,
            standing.setAside > 0
                ? .warning(
                    "\(standing.setAside) set aside (\(standing.examples.joined(separator: ", "))): look with "
                        + "`scheduler set-aside`")
                : .ok
        )
    }
}
