// Lifecycle: runs the parts of a service and stops them.
// Always: parts are named from the bottom up, and stopped from the top down; SIGTERM and SIGINT stop gracefully; what
// is not done after the grace is cancelled, and the process ends either way.
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Runs a service's parts.
public enum Lifecycle {
    /// How long cancelled parts may take before the process is ended over their heads.
    private static let cancellationMax: Duration = .seconds(5)

    /// Runs `services` until a signal stops them, one fails, or `job` is done.
    /// - Parameters:
    ///   - services: In order of need: what others use comes first, and is stopped last.
    ///   - job: Work with an end of its own. When it returns, the rest is stopped and this returns.
    ///   - health: Is told when stopping starts, so that `/readyz` fails from then on.
    /// - Throws: what the first failing part threw, after the others were stopped; ``ExitError`` when the grace ran out
    ///   or a part ended that should not have.
    public static func run(
        _ services: [any Service], job: (any Service)? = nil, settings: Settings, health: HealthChecks? = nil,
        logger: Logger
    ) async throws {
        let grace = try settings.value(of: LifecycleSettings.grace)
        try await run(services, job: job, grace: grace, health: health, logger: logger)
    }

    /// The same with the grace given.
    public static func run(
        _ services: [any Service], job: (any Service)? = nil, grace: Duration, health: HealthChecks? = nil,
        logger: Logger
    ) async throws {
        let watch = StopWatch(grace: grace, cancellationMax: cancellationMax, health: health, logger: logger)
        var parts: [any Service] = services.map { WatchedPart(part: $0, mayEnd: false, watch: watch) }
        if let job { parts.append(WatchedPart(part: job, mayEnd: true, watch: watch)) }
        parts.append(watch)  // the last is stopped first: the watch knows of the stop before any other part
        var configuration = ServiceGroupConfiguration(
            services: parts.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "\($0)")
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = grace
        do {
            defer { watch.finish() }
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError where watch.isOverdue {
            throw watch.overdue
        }
        if watch.isOverdue { throw watch.overdue }
    }
}
