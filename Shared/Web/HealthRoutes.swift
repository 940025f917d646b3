// HealthRoutes: what every service answers to whoever watches it, without a session.
import Hummingbird
import ServiceRuntime

enum HealthRoutes {
    static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    static func add(to router: Router<WebContext>, _ health: HealthChecks, metrics: MetricsRegistry) {
        router.get("healthz") { _, _ in
            Response(json: "{\"status\":\"ok\"}")
        }
        router.get("readyz") { _, _ in
            let report = await health.readiness()
            return Response(json: report.json, status: report.isReady ? .ok : .serviceUnavailable)
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: metrics.exposition())))
        }
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
