// Leadership: waits for the leader's place, leads, and waits again. Every scheduler process runs one; one of them leads.
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// One scheduler process' part in the question of who leads.
public final class Leadership: Service, CustomStringConvertible {
    private let parts: LeaderParts
    private let lease: Lease
    private let state = Mutex<Standing>(.starting)
    private static let pauseMax: Duration = .seconds(5)

    /// What this process is doing.
    public enum Standing: Sendable, Equatable {
        case starting, standby
        case leader(epoch: Int64)
        case away(reason: String)
    }

    init(_ parts: LeaderParts, holder: String) {
        self.parts = parts
        lease = Lease(store: parts.store, holder: holder, length: parts.settings.lease)
    }

    public var description: String { "Leadership" }

    public var standing: Standing { state.withLock { $0 } }

    /// Until told to stop.
    public func run() async throws {
        let stop = StopSignal()
        await withGracefulShutdownHandler {
            var pause: Duration = .milliseconds(100)
            while !stop.isGiven, !Task.isCancelled {
                do {
                    if let epoch = try await lease.acquire() {
                        pause = .milliseconds(100)
                        try await lead(epoch, until: stop)
                    } else {
                        become(.standby)
                        await stop.wait(for: try await lease.remaining(), orWhen: parts.changes)
                        pause = .milliseconds(100)
                    }
                } catch is CancellationError {
                    break
                } catch {
                    become(.away(reason: "\(error)"))
                    parts.logger.error("cannot lead now", metadata: ["error": "\(error)"])
                    await stop.wait(for: pause)
                    pause = min(pause * 2, Self.pauseMax)
                }
            }
        } onGracefulShutdown: {
            stop.give()
        }
    }

    private func lead(_ epoch: Int64, until stop: StopSignal) async throws {
        parts.logger.info("leading", metadata: ["epoch": "\(epoch)"])
        become(.leader(epoch: epoch))
        SchedulerMeters.leads(true)
        defer {
            SchedulerMeters.leads(false)
            become(.standby)
            parts.logger.info("no longer leading", metadata: ["epoch": "\(epoch)"])
        }
        try await LeaderTerm(parts: parts, lease: lease, epoch: epoch).run { await stop.wait() }
    }

    private func become(_ standing: Standing) { state.withLock { $0 = standing } }
}
