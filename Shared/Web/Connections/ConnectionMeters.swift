import Metrics
import ServiceRuntime

/// Why connections were closed from this side.
package struct ConnectionMeters: Sendable {
    package enum Reason: String, CaseIterable {
        /// No head, no next request, no body in time; an answer that was not taken.
        case header, idle, body, send
        /// Gave way to another one, or found no place.
        case crowded
    }

    private let counters: [Reason: Counter]

    init() {
        MetricsRegistry.shared.describe([
            .init(
                "http_connections_closed_total",
                help:
                    "Connections that the service closed, by reason: header, idle, body, send (a deadline passed) or crowded."
            )
        ])
        counters = Dictionary(
            uniqueKeysWithValues: Reason.allCases.map {
                ($0, Counter(label: "http_connections_closed_total", dimensions: [("reason", $0.rawValue)]))
            })
    }

    package func closed(_ reason: Reason) { counters[reason]?.increment() }
}
