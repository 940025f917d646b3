import Foundation
import Logging
import ServiceLifecycle
import ServiceRuntime

/// Has the janitor look every hour. Any number of replicas may: what one has taken away, the others do not find.
struct JanitorService: Service, CustomStringConvertible {
    let janitor: Janitor
    /// Called when a message waits to be sent.
    let messageWaits: WakeUp
    let logger: Logger

    static let every = Duration.seconds(3600)

    var description: String { "JanitorService" }

    func run() async throws {
        let trouble = TroubleLog("the janitor cannot work", logger: logger)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await !janitor.clean().environments.isEmpty { messageWaits.call() }
                    trouble.over()
                } catch {
                    if Task.isCancelled { break }
                    trouble.note(error)
                }
                // cancelled: the loop sees it
                try? await Task.sleep(for: Self.every)
            }
        }
    }
}
