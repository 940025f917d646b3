import ControlPlane
import Foundation
import Kafka
import Logging
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Synchronization

// SessionAnnouncer: tells the other services which sessions ended before their time.
// Always: what a change of a user or a log-out wrote down in its own transaction is told at least once; and again when
// Kafka lost what it was told.

/// Sends `bi.session_changes` to `millrace.sessions`.
struct SessionAnnouncer: Service, CustomStringConvertible {
    let state: StateStore
    let kafka: KafkaSettings
    let logger: Logger
    /// Other processes write changes too, so it looks by itself.
    var pause: Duration = .seconds(1)
    private let troubleSince = Trouble()

    init(state: StateStore, kafka: KafkaSettings, logger: Logger) {
        self.state = state
        self.kafka = kafka
        self.logger = logger
    }

    var description: String { "SessionAnnouncer" }

    /// Other services let ended sessions in for as long as they are not told.
    var health: HealthStatus {
        guard let since = troubleSince.value.withLock({ $0 }) else { return .ok }
        let age = since.duration(to: .now)
        return age < .seconds(30)
            ? .ok : .warning("ended sessions are not told to the other services for \(age.components.seconds) s")
    }

    func run() async throws {
        let publisher = try ControlPublisher(kafka, source: "/millrace/bi-api", logger: logger)
        await cancelWhenGracefulShutdown {
            var wait = pause
            var hasCompared = false
            while !Task.isCancelled {
                do {
                    if !hasCompared { try await tellAgainWhatKafkaLost() }
                    hasCompared = true
                    while try await tell(publisher) == Self.batchMax {}
                    troubleSince.value.withLock { $0 = nil }
                    wait = pause
                } catch {
                    if Task.isCancelled { break }
                    let isNew = troubleSince.value.withLock { since in
                        defer { since = since ?? .now }
                        return since == nil
                    }
                    if isNew { logger.warning("ended sessions not told yet", metadata: ["error": "\(error)"]) }
                    wait = min(wait * 2, .seconds(10))
                }
                guard (try? await Task.sleep(for: wait)) != nil else { break }  // cancelled
            }
        }
        do {
            _ = try await tell(publisher)  // a log-out just before the end
        } catch {
            logger.warning("ended sessions are told at the next start", metadata: ["error": "\(error)"])
        }
        await publisher.close()
    }

    private static let batchMax = 100

    /// - Returns: How many were told.
    private func tell(_ publisher: ControlPublisher) async throws -> Int {
        let rows = try await state.pool.query(
            """
            SELECT id, user_id, session, before FROM session_changes WHERE NOT is_told ORDER BY id LIMIT \(Self.batchMax)
            """)
        var told: [Int64] = []
        for row in rows {
            let id: Int64 = try row.get("id")
            try await publisher.publish(
                SessionsEnded(
                    user: try row.get("user_id"), session: try row.get("session"), before: try row.get("before")))
            told.append(id)
        }
        if !told.isEmpty {
            try await state.pool.execute("UPDATE session_changes SET is_told = true WHERE id = ANY(\(told))")
        }
        return told.count
    }

    /// The topic keeps what it was told for longer than we remember it. With less in it than we told, it is another one.
    private func tellAgainWhatKafkaLost() async throws {
        let admin = try KafkaAdmin(kafka, timeout: .seconds(10), logger: logger)
        let held: Result<Int64, KafkaError>
        do throws(KafkaError) {
            try await ControlTopics.ensure(admin)
            let ranges = try await admin.watermarks(of: ControlTopic.sessions.rawValue).values
            held = .success(ranges.reduce(0) { $0 + Int64($1.upperBound - $1.lowerBound) })
        } catch {
            held = .failure(error)
        }
        await admin.close()
        let count = try held.get()
        let again = try await state.pool.execute(
            """
            UPDATE session_changes SET is_told = false
            WHERE is_told AND (SELECT count(*) FROM session_changes WHERE is_told) > \(count)
            """)
        if again > 0 { logger.notice("ended sessions told again", metadata: ["count": "\(again)"]) }
    }
}

/// Since when nothing could be told.
private final class Trouble: Sendable {
    let value = Mutex<ContinuousClock.Instant?>(nil)
}
