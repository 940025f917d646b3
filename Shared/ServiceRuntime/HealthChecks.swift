// HealthChecks: what a service must have to do its work, asked by `/readyz`. `/healthz` asks nothing: a process that
// answers is alive, and restarting it would not bring a database back.
import Synchronization

/// The answer of one check.
public enum HealthStatus: Sendable, Equatable {
    case ok
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

    /// True when no check failed.
    public var isReady: Bool { results.allSatisfy { $0.status == .ok } }

    /// `{"status":"ready","checks":{"kafka":"ok"}}`
    public var json: String {
        var text = "{\"status\":\"\(isReady ? "ready" : "unready")\",\"checks\":{"
        for (index, result) in results.enumerated() {
            if index > 0 { text += "," }
            LogText.appendJSON(result.name, to: &text)
            text += ":"
            switch result.status {
            case .ok: text += "\"ok\""
            case .failing(let reason): LogText.appendJSON(Secrets.masked(reason), to: &text)
            }
        }
        return text + "}}"
    }
}
