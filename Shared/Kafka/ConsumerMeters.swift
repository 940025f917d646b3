import Metrics
import Synchronization

/// A consumer's metrics.
///
/// - `kafka_consumer_records_total`, `kafka_consumer_bytes_total` (client, topic): given out.
/// - `kafka_consumer_errors_total`, `kafka_consumer_rebalances_total` (client).
/// - `kafka_consumer_lag_records` (client, topic, partition): after the last record given out.
/// - `kafka_consumer_queue_records` (client): read ahead.
/// - `kafka_brokers_up` (client).
final class ConsumerMeters: Sendable {
    let errors: Counter
    let rebalances: Counter
    private let queue: Gauge
    private let brokers: Gauge
    private let client: String
    private let perTopic = Mutex<[String: (records: Counter, bytes: Counter)]>([:])
    private let lags = Mutex<[TopicPartition: Gauge]>([:])
    private let lag = Atomic<Int>(0)
    private let ends = Mutex<Set<TopicPartition>>([])

    init(client: String) {
        self.client = client
        let labels = [("client", client)]
        errors = Counter(label: "kafka_consumer_errors_total", dimensions: labels)
        rebalances = Counter(label: "kafka_consumer_rebalances_total", dimensions: labels)
        queue = Gauge(label: "kafka_consumer_queue_records", dimensions: labels)
        brokers = Gauge(label: "kafka_brokers_up", dimensions: labels)
    }

    func count(_ batch: RecordBatch) {
        // A batch seldom holds more than one topic; bytes of the others count for the first.
        guard let topic = batch.source.keys.first?.topic else { return }
        let meters = perTopic.withLock { meters in
            if let known = meters[topic] { return known }
            let labels = [("client", client), ("topic", topic)]
            let made = (
                records: Counter(label: "kafka_consumer_records_total", dimensions: labels),
                bytes: Counter(label: "kafka_consumer_bytes_total", dimensions: labels)
            )
            meters[topic] = made
            return made
        }
        meters.records.increment(by: batch.count)
        meters.bytes.increment(by: batch.byteCount)
    }

    func take(_ statistics: ClientStatistics, ledger: PartitionLedger) {
        brokers.record(statistics.brokersUp)
        var waiting = 0
        var behind = 0
        var atEnd: Set<TopicPartition> = []
        for (partition, state) in statistics.partitions {
            waiting += state.queuedRecords
            guard let next = ledger.entries[partition]?.position, next >= 0, state.end >= 0 else { continue }
            let missing = max(0, state.end - next)
            gauge(partition).record(missing)
            behind += Int(missing)
            if missing == 0 { atEnd.insert(partition) }
        }
        queue.record(waiting)
        lag.store(behind, ordering: .relaxed)
        ends.withLock { $0 = statistics.brokersUp > 0 ? atEnd : [] }
    }

    /// Sum over the partitions, as of the last statistics.
    var lagRecords: Int { lag.load(ordering: .relaxed) }

    /// Partitions of which everything had been given out, as of the last statistics.
    var partitionsAtEnd: Set<TopicPartition> { ends.withLock { $0 } }

    /// Partitions that are somebody else's now show no lag here.
    func forget(_ partitions: some Sequence<TopicPartition>) {
        lags.withLock { lags in
            for partition in partitions { lags.removeValue(forKey: partition)?.destroy() }
        }
    }

    private func gauge(_ partition: TopicPartition) -> Gauge {
        lags.withLock { lags in
            if let known = lags[partition] { return known }
            let made = Gauge(
                label: "kafka_consumer_lag_records",
                dimensions: [
                    ("client", client), ("topic", partition.topic), ("partition", "\(partition.partition)"),
                ])
            lags[partition] = made
            return made
        }
    }
}
