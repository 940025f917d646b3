// HealthRoutes: what every service answers to whoever watches it, without a session.
import Hummingbird
import ServiceRuntime

enum HealthRoutes {
    static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    /// Whether a request for `target` asks for one of them.
    static func isHealth(_ target: String?) -> Bool {
        target.map { paths.contains(String($0.prefix { $0 != "?" })) } ?? false
    }

    static func add(to router: Router<WebContext>, _ health: HealthChecks, metrics: MetricsRegistry) {
        router.get("healthz") { _, _ in
            Response(json: "{\"status\":\"ok\"}")
        }
        let readiness = Readiness(health)
        router.get("readyz") { _, _ in
            let report = await readiness.report()
            return Response(json: report.json, status: report.isReady ? .ok : .serviceUnavailable)
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: metrics.exposition())))
        }
    }
}

/// Asks the checks once for everybody who asks meanwhile: `/readyz` is open to all, and a check may cost a query.
private actor Readiness {
    private let health: HealthChecks
    private var asking: Task<HealthReport, Never>?

    init(_ health: HealthChecks) { self.health = health }

    func report() async -> HealthReport {
        if let asking { return await asking.value }
        let task = Task { [health] in await health.readiness() }
        asking = task
        let report = await task.value
        asking = nil
        return report
    }
}

extension Response {
    /// An answer of JSON that is already text.
    public init(json: String, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: json)))
    }
}
