import Foundation
import Logging

/// Keeps the lease of a command for as long as its work goes on.
///
/// A renewal that fails ends nothing while the lease has time left: it is tried again, sooner. A deadline is that of the
/// latest attempt at the task, which may have come while the work was under way.
struct Heartbeat<Time: Clock<Duration>>: Sendable {
    let task: String
    let lease: Duration
    let logger: Logger
    let clock: Time
    /// Renews the lease and gives the deadline of the latest attempt; nil when the command is another worker's.
    let renew: @Sendable () async throws -> Date?

    /// Goes on until it is cancelled.
    /// - Throws: `leaseLost`; `deadlinePassed`.
    func run() async throws {
        var leaseEnds = clock.now.advanced(by: lease)
        var pause = lease / 3
        while true {
            try await clock.sleep(for: pause)
            let asked = clock.now
            let deadline: Date?
            do {
                deadline = try await renew()
                leaseEnds = asked.advanced(by: lease)
                pause = lease / 3
            } catch {
                try Task.checkCancellation()
                guard clock.now < leaseEnds else {
                    throw TransformerError(
                        .leaseLost, "The lease of the task \(task) could not be renewed in time: \(error)")
                }
                logger.warning("lease not renewed, trying again", metadata: ["task": "\(task)", "error": "\(error)"])
                pause = lease / 10
                continue
            }
            guard let deadline else {
                throw TransformerError(.leaseLost, "The task \(task) was taken over by another worker.")
            }
            if Date() > deadline {
                throw TransformerError(
                    .deadlinePassed, "The task \(task) was not done by its deadline.", isRetriable: true)
            }
        }
    }
}
