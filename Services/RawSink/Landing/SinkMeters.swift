import Metrics
import ServiceRuntime
import Warehouse

/// What raw-sink counts. Lag in messages is `kafka_consumer_lag_records`, of the consumer itself; in seconds, `LagWatch`.
struct SinkMeters: Sendable {
    static let descriptions = [
        MetricDescription("raw_sink_rows_total", help: "Rows landed, by table."),
        MetricDescription("raw_sink_bytes_total", help: "Bytes of message values landed or rejected, by table."),
        MetricDescription(
            "raw_sink_dead_letters_total", help: "Messages that became dead letters, by topic and reason."),
        MetricDescription(
            "raw_sink_batch_rows", help: "Messages in one transaction.",
            buckets: [1, 10, 100, 500, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000]),
        MetricDescription("raw_sink_commit_seconds", help: "Time of one transaction, from COPY to COMMIT."),
        MetricDescription(
            "raw_sink_lag_seconds",
            help:
                "Age of the oldest message that is read and not landed, by partition; after it landed, its age then, for some seconds."
        ),
        MetricDescription("raw_sink_retries_total", help: "Attempts to land a batch that failed and were made again."),
        MetricDescription("raw_sink_duplicates_total", help: "Messages dropped as repetitions, by table."),
        MetricDescription(
            "raw_sink_dead_letter_limit_total", help: "Times a partition had too many dead letters, by topic."),
        MetricDescription("raw_sink_maintenance_failures_total", help: "Turns of maintenance that failed."),
        MetricDescription("raw_sink_splits_total", help: "Batches split because the warehouse refused a row of them."),
        MetricDescription("raw_sink_rejoins_total", help: "Times the group was left and joined anew, by reason."),
        MetricDescription(
            "raw_sink_announcement_failures_total", help: "Times data.landed or a dead letter's mirror was not sent."),
    ]

    let retries = Counter(label: "raw_sink_retries_total")
    let splits = Counter(label: "raw_sink_splits_total")
    let announcementFailures = Counter(label: "raw_sink_announcement_failures_total")
    private let batchRows = Recorder(label: "raw_sink_batch_rows", aggregate: true)
    private let commit = Timer(label: "raw_sink_commit_seconds")

    init() {
        MetricsRegistry.shared.describe(Self.descriptions)
    }

    /// - Parameter duplicates: Messages of the batch that the warehouse dropped as repetitions.
    func landed(_ batch: RawBatch, duplicates: Int, in time: Duration) {
        let table = [("table", batch.contract.table.description)]
        Counter(label: "raw_sink_rows_total", dimensions: table).increment(by: batch.rows.count - duplicates)
        if duplicates > 0 {
            Counter(label: "raw_sink_duplicates_total", dimensions: table).increment(by: duplicates)
        }
        Counter(label: "raw_sink_bytes_total", dimensions: table).increment(by: batch.bytes)
        batchRows.record(batch.rows.count + batch.deadLetters.count)
        commit.recordNanoseconds(time.nanoseconds)
        for letter in batch.deadLetters {
            let labels = [("topic", letter.position.topic), ("reason", letter.reason)]
            Counter(label: "raw_sink_dead_letters_total", dimensions: labels).increment()
        }
    }

    func isOverLimit(_ topic: String) {
        Counter(label: "raw_sink_dead_letter_limit_total", dimensions: [("topic", topic)]).increment()
    }

    func rejoined(_ reason: String) {
        Counter(label: "raw_sink_rejoins_total", dimensions: [("reason", reason)]).increment()
    }
}

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
