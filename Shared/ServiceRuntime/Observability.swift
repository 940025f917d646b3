// Observability: one call that sends swift-log's and swift-metrics' events of this process where the settings say.
import Logging
import Metrics
import Synchronization

/// Starts logs and metrics.
public enum Observability {
    private static let isBootstrapped = Mutex(false)

    /// Sets up logs and metrics for this process and gives the service's logger. A second call changes nothing and
    /// gives a logger of the same kind. What is wrong with the settings' names is logged.
    /// - Parameter level: The level when `LOG_LEVEL` is not set: commands for people pass `.warning`, so that their
    ///   output stands alone.
    @discardableResult
    public static func bootstrap(_ settings: Settings, level: Logger.Level? = nil) throws(SettingsError) -> Logger {
        let isSet = settings.source(of: LogSettings.level) != .standard
        let chosen = try settings.value(of: LogSettings.level)
        let format = try settings.value(of: LogSettings.format)
        Output.configure(service: settings.service, format: format)
        bootstrap(service: settings.service, level: isSet ? chosen : level ?? chosen, format: format)
        let logger = Logger(label: settings.service)
        for warning in settings.warnings { logger.warning("setting not known", metadata: ["detail": "\(warning)"]) }
        return logger
    }

    static func bootstrap(service: String, level: Logger.Level, format: LogSettings.Format) {
        let isFirst = isBootstrapped.withLock { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        let style: ServiceLogHandler.Style =
            switch format {
            case .json: .json
            case .text: StandardError.isTerminal ? .colouredText : .text
            case .auto: StandardError.isTerminal ? .colouredText : .json
            }
        LoggingSystem.bootstrap { label in
            ServiceLogHandler(service: service, label: label, level: level, style: style)
        }
        MetricsSystem.bootstrap(MetricsRegistry.shared)
    }
}
