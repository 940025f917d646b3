import CLibrdkafka
import Metrics

/// A producer's metrics.
///
/// - `kafka_producer_delivered_total`, `kafka_producer_failed_total` (client).
/// - `kafka_producer_queue_messages`, `kafka_producer_queue_bytes` (client): on their way.
/// - `kafka_brokers_up` (client).
final class ProducerMeters: Sendable {
    private let delivered: Counter
    private let failed: Counter
    private let queued: Gauge
    private let queuedBytes: Gauge
    private let brokers: Gauge

    init(client: String) {
        let labels = [("client", client)]
        delivered = Counter(label: "kafka_producer_delivered_total", dimensions: labels)
        failed = Counter(label: "kafka_producer_failed_total", dimensions: labels)
        queued = Gauge(label: "kafka_producer_queue_messages", dimensions: labels)
        queuedBytes = Gauge(label: "kafka_producer_queue_bytes", dimensions: labels)
        brokers = Gauge(label: "kafka_brokers_up", dimensions: labels)
    }

    func count(delivered: Int, failed: Int) {
        if delivered > 0 { self.delivered.increment(by: delivered) }
        if failed > 0 { self.failed.increment(by: failed) }
    }

    /// Takes the library's statistics, a JSON text.
    func take(statistics text: UnsafePointer<CChar>) {
        guard let statistics = ClientStatistics(text) else { return }
        queued.record(statistics.queuedMessages)
        queuedBytes.record(statistics.queuedBytes)
        brokers.record(statistics.brokersUp)
    }
}
