import Logging
import Metrics
import ServiceRuntime
import Synchronization

/// What the collector counts, and the line a second at most that tells of rejected events.
final class CollectorMeters: Sendable {
    private struct Requests: Hashable {
        let route: String, method: String, status: UInt
    }

    private struct State {
        var requests: [Requests: (Counter, Timer)] = [:]
        var rejections: [String: Counter] = [:]
        var accepted: [String: Counter] = [:]
        var untold = 0
        var toldAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let pending = Gauge(label: "collector_pending_bytes")

    init(logger: Logger) {
        self.logger = logger
        MetricsRegistry.shared.describe([
            .init("http_requests_total", help: "Requests answered, by method, route and status."),
            .init(
                "http_request_duration_seconds", help: "Time from a request's head to its answer, by method and route."),
            .init("collector_events_total", help: "Events acknowledged by Kafka or kept by the spool, by topic."),
            .init("collector_events_rejected_total", help: "Events not taken, by the rule they break."),
            .init("collector_pending_bytes", help: "Bodies and unacknowledged events held in memory."),
            .init(
                "collector_producer_replacements_total", help: "Kafka clients that met a fatal error and were replaced."
            ),
            .init(
                "collector_pipeline_reload_failures_total",
                help: "Changed contracts or rules of the pipeline that could not be read."),
            .init("collector_key_reload_failures_total", help: "Times the file of write keys could not be read again."),
            .init(
                "collector_rejections_not_kept_total",
                help: "Rejected events whose copy Kafka would not take: no such topic, or no right."),
            .init(
                "collector_spool_refused_total", help: "Events of the spool that Kafka will never take; kept in a file."
            ),
            .init(
                "collector_spool_set_aside_files", help: "Files of the spool that wait for `producer spool replay`."),
            .init("collector_spool_bytes", help: "Events in the spool that Kafka has not acknowledged."),
        ])
    }

    /// Shows how much is held in memory.
    func holds(_ bytes: Int) { pending.record(bytes) }

    func answered(method: String, route: String, status: UInt, _ elapsed: Duration) {
        let (count, time) = state.withLock { state in
            let key = Requests(route: route, method: method, status: status)
            if let found = state.requests[key] { return found }
            let labels = [("method", method), ("route", route)]
            let made = (
                Counter(label: "http_requests_total", dimensions: labels + [("status", "\(status)")]),
                Timer(label: "http_request_duration_seconds", dimensions: labels)
            )
            state.requests[key] = made
            return made
        }
        count.increment()
        time.record(duration: elapsed)
    }

    func taken(_ deliveries: [Delivery]) {
        guard let first = deliveries.first else { return }
        if deliveries.allSatisfy({ $0.topic == first.topic }) { return taken(deliveries.count, first.topic) }
        for (topic, several) in Dictionary(grouping: deliveries, by: \.topic) { taken(several.count, topic) }
    }

    private func taken(_ count: Int, _ topic: String) {
        let counter = state.withLock { state in
            if let found = state.accepted[topic] { return found }
            let made = Counter(label: "collector_events_total", dimensions: [("topic", topic)])
            state.accepted[topic] = made
            return made
        }
        counter.increment(by: count)
    }

    func rejected(_ events: [RejectedEvent]) {
        guard let first = events.first else { return }
        for (rule, several) in Dictionary(grouping: events, by: \.rule) {
            let counter = state.withLock { state in
                if let found = state.rejections[rule] { return found }
                let made = Counter(label: "collector_events_rejected_total", dimensions: [("rule", rule)])
                state.rejections[rule] = made
                return made
            }
            counter.increment(by: several.count)
        }
        let told: Int? = state.withLock { state in
            state.untold += events.count
            if let last = state.toldAt, last.duration(to: .now) < .seconds(1) { return nil }
            state.toldAt = .now
            defer { state.untold = 0 }
            return state.untold
        }
        guard let told else { return }
        logger.warning(
            "events rejected",
            metadata: [
                "events": "\(told)", "rule": "\(first.rule)", "field": "\(first.field ?? "-")",
                "detail": "\(first.detail)",
            ])
    }
}
