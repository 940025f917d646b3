// Leadership: waits for the leader's place, leads, and waits again. Every scheduler process runs one; one of them leads.
import Foundation
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// One scheduler process' part in the question of who leads.
public final class Leadership: Service, CustomStringConvertible {
    private let parts: LeaderParts
    private let lease: Lease
    private let state = Mutex<Standing>(.starting)
    private let trouble: TroubleLog
    private static let pauseMin: Duration = .milliseconds(100)
    private static let pauseMax: Duration = .seconds(5)
    /// A term that lasted so long was a good one: what ends it is a new trouble.
    private static let goodTerm: Duration = .seconds(30)

    /// What this process is doing.
    public enum Standing: Sendable, Equatable {
        case starting, standby
        case leader(epoch: Int64)
        case away(reason: String)
    }

    init(_ parts: LeaderParts, holder: String) {
        self.parts = parts
        lease = Lease(store: parts.store, holder: holder, length: parts.settings.lease)
        trouble = TroubleLog("cannot lead now", level: .error, logger: parts.logger)
    }

    public var description: String { "Leadership" }

    public var standing: Standing { state.withLock { $0 } }

    /// Until told to stop.
    public func run() async throws {
        let stop = StopSignal()
        await withGracefulShutdownHandler {
            var pause = Self.pauseMin
            while !stop.isGiven, !Task.isCancelled {
                let start = ContinuousClock.now
                do {
                    if let epoch = try await lease.acquire() {
                        try await lead(epoch, until: stop)
                    } else {
                        become(.standby)
                        await stop.wait(for: try await lease.remaining(), orWhen: parts.changes)
                        trouble.over()
                    }
                    pause = Self.pauseMin
                } catch is CancellationError {
                    break
                } catch {
                    if ContinuousClock.now - start > Self.goodTerm { pause = Self.pauseMin }
                    become(.away(reason: "\(error)"))
                    trouble.note(error)
                    await stop.wait(for: pause)
                    pause = min(pause * 2, Self.pauseMax)
                }
            }
        } onGracefulShutdown: {
            stop.give()
        }
    }

    private func lead(_ epoch: Int64, until stop: StopSignal) async throws {
        defer {
            SchedulerMeters.leads(false)
            if standing == .leader(epoch: epoch) {
                become(.standby)
                parts.logger.info("no longer leading", metadata: ["epoch": "\(epoch)"])
            }
        }
        try await LeaderTerm(parts: parts, lease: lease, epoch: epoch).run {
            await stop.wait()
        } begun: {
            parts.logger.info("leading", metadata: ["epoch": "\(epoch)"])
            become(.leader(epoch: epoch))
            SchedulerMeters.leads(true)
            trouble.over()
        }
    }

    private func become(_ standing: Standing) { state.withLock { $0 = standing } }
}
