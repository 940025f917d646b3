// HealthChecks: what a service must have to do its work, asked by `/readyz`. `/healthz` asks nothing: a process that
// answers is alive, and restarting it would not bring a database back.
import Synchronization

/// The answer of one check.
public enum HealthStatus: Sendable, Equatable {
    case ok
    /// The service does its work, and somebody should look: something was set aside, or waits for a restart. It stays
    /// ready. The reason is for an operator; may be read by anyone who reaches the port.
    case warning(String)
    /// Why not, for an operator; may be read by anyone who reaches the port.
    case failing(String)
}

/// The checks of a service.
public final class HealthChecks: Sendable {
    /// A check: quick, from what the service already knows; it must not wait on the network.
    public typealias Check = @Sendable () async -> HealthStatus

    private struct State {
        var checks: [(name: String, check: Check)] = []
        var isStopping = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Adds a check; another of the same name is replaced.
    public func add(_ name: String, _ check: @escaping Check) {
        state.withLock { state in
            state.checks.removeAll { $0.name == name }
            state.checks.append((name, check))
        }
    }

    /// From now on the service is not ready: it is stopping.
    public func markStopping() { state.withLock { $0.isStopping = true } }

    /// Asks every check.
    public func readiness() async -> HealthReport {
        let (checks, isStopping) = state.withLock { ($0.checks, $0.isStopping) }
        var results: [(name: String, status: HealthStatus)] = isStopping ? [("stopping", .failing("stopping"))] : []
        for (name, check) in checks { results.append((name, await check())) }
        return HealthReport(results: results)
    }
}

/// What the checks said.
public struct HealthReport: Sendable {
    /// In the order in which the checks were added.
    public let results: [(name: String, status: HealthStatus)]

    /// True when no check failed; a warning is no failure.
    public var isReady: Bool {
        results.allSatisfy { if case .failing = $0.status { false } else { true } }
    }

    /// `{"status":"ready","checks":{"kafka":"ok","control":"warning"},"warnings":{"control":"1 message set aside …"}}`;
    /// without `warnings` when there are none.
    public var json: String {
        var checks: [(String, String)] = []
        var warnings: [(String, String)] = []
        for (name, status) in results {
            switch status {
            case .ok: checks.append((name, "ok"))
            case .failing(let reason): checks.append((name, reason))
            case .warning(let reason):
                checks.append((name, "warning"))
                warnings.append((name, reason))
            }
        }
        var text = "{\"status\":\"\(isReady ? "ready" : "unready")\",\"checks\":"
        Self.append(checks, to: &text)
        if !warnings.isEmpty {
            text += ",\"warnings\":"
            Self.append(warnings, to: &text)
        }
        return text + "}"
    }

    private static func append(_ pairs: [(String, String)], to text: inout String) {
        text += "{"
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text += "," }
            LogText.appendJSON(pair.0, to: &text)
            text += ":"
            LogText.appendJSON(Secrets.masked(pair.1), to: &text)
        }
        text += "}"
    }
}
