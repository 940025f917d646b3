// ChangeFeed: what changed in the state, whoever changed it: PostgreSQL's notices, handed to everyone in this process who
// wants to know: the leader, standbys, open pages.
import Foundation
import Logging
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Listens to the state's notices.
public final class ChangeFeed: Service, CustomStringConvertible {
    typealias Change = StateChange.Notice?

    private let settings: PostgresSettings
    private let logger: Logger
    private let subscribers = Mutex<[UUID: AsyncStream<Change>.Continuation]>([:])
    private let connected = Mutex(false)
    private static let waitingMax = 1024
    private static let pauseMax: Duration = .seconds(5)

    public init(_ settings: PostgresSettings, logger: Logger) {
        var settings = settings
        settings.applicationName = "scheduler-listener"
        settings.statementTimeout = nil
        self.settings = settings
        self.logger = logger
    }

    public var description: String { "ChangeFeed" }

    /// Whether notices arrive.
    public var isConnected: Bool { connected.withLock { $0 } }

    /// The changes from now on; `nil` when some may have been missed and everything should be looked at.
    func subscribe() -> AsyncStream<Change> {
        let (stream, source) = AsyncStream<Change>.makeStream(bufferingPolicy: .bufferingNewest(Self.waitingMax))
        let id = UUID()
        source.onTermination = { [weak self] _ in self?.subscribers.withLock { $0[id] = nil } }
        subscribers.withLock { $0[id] = source }
        return stream
    }

    /// Tells the subscribers.
    func tell(_ change: Change) {
        for subscriber in subscribers.withLock({ Array($0.values) }) { subscriber.yield(change) }
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.listen() }
        for subscriber in subscribers.withLock({ Array($0.values) }) { subscriber.finish() }
    }

    private func listen() async {
        var pause: Duration = .milliseconds(100)
        let trouble = TroubleLog("notices of the state database lost", logger: logger)
        while !Task.isCancelled {
            do {
                let connection = try await PostgresConnection.connect(settings, logger: logger)
                try await connection.execute("LISTEN \(identifier: StateSchema.channel)")
                connected.withLock { $0 = true }
                tell(nil)
                trouble.over()
                pause = .milliseconds(100)
                while true {
                    let notice = try await connection.nextNotification()
                    // not ours: look at everything
                    tell(try? StateJSON.value(StateChange.Notice.self, from: notice.payload))
                }
            } catch {
                connected.withLock { $0 = false }
                if Task.isCancelled { return }
                trouble.note(error)
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }  // cancelled
            pause = min(pause * 2, Self.pauseMax)
        }
    }
}
