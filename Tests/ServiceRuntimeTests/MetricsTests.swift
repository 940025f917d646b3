import Metrics
import Testing

@testable import ServiceRuntime

@Suite("Metrics are Prometheus text") struct MetricsTests {
    /// The exposition without the process's own metrics.
    static func text(_ registry: MetricsRegistry) -> String {
        let text = registry.exposition()
        return text.range(of: "# HELP process_").map { String(text[..<$0.lowerBound]) } ?? text
    }

    @Test func countersAndGauges() {
        let registry = MetricsRegistry()
        registry.describe([.init("sink_rows_total", help: "Rows landed.")])
        Counter(label: "sink.rows", dimensions: [("topic", "a\"b\\c\nd")], factory: registry).increment(by: 2)
        Counter(label: "sink.rows", dimensions: [("topic", "a\"b\\c\nd")], factory: registry).increment()
        Counter(label: "sink.rows", dimensions: [("topic", "a")], factory: registry).increment()
        Gauge(label: "queue_depth", factory: registry).record(1.5)
        #expect(
            Self.text(registry) == #"""
                # HELP queue_depth queue depth
                # TYPE queue_depth gauge
                queue_depth 1.5
                # HELP sink_rows_total Rows landed.
                # TYPE sink_rows_total counter
                sink_rows_total{topic="a"} 1
                sink_rows_total{topic="a\"b\\c\nd"} 3

                """#)
    }

    @Test func histogramsAreCumulative() {
        let registry = MetricsRegistry()
        registry.describe([.init("batch_rows", help: "Rows in a batch.", buckets: [10, 100])])
        let recorder = Recorder(label: "batch_rows", factory: registry)
        for rows in [5, 10, 11, 1_000] { recorder.record(rows) }
        #expect(
            Self.text(registry) == """
                # HELP batch_rows Rows in a batch.
                # TYPE batch_rows histogram
                batch_rows_bucket{le="10"} 2
                batch_rows_bucket{le="100"} 3
                batch_rows_bucket{le="+Inf"} 4
                batch_rows_sum 1026
                batch_rows_count 4

                """)
    }

    @Test func timersAreSeconds() {
        let registry = MetricsRegistry()
        Timer(label: "flush", factory: registry).recordMilliseconds(30)
        let text = Self.text(registry)
        #expect(text.contains("# TYPE flush_seconds histogram"))
        #expect(text.contains("flush_seconds_bucket{le=\"0.025\"} 0\nflush_seconds_bucket{le=\"0.05\"} 1\n"))
        #expect(text.contains("flush_seconds_sum 0.03\n"))
    }

    @Test func aSecondKindUnderANameIsNotShown() {
        let registry = MetricsRegistry()
        Gauge(label: "thing_total", factory: registry).record(1)
        Counter(label: "thing", factory: registry).increment()
        #expect(Self.text(registry).components(separatedBy: "# TYPE thing_total").count == 2)
    }

    @Test func aDestroyedSeriesIsGone() {
        let registry = MetricsRegistry()
        let counter = Counter(label: "gone", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(!registry.exposition().contains("gone"))
    }

    @Test func theProcessIsMeasured() {
        let text = MetricsRegistry().exposition()
        for name in ["cpu_seconds_total", "resident_memory_bytes", "start_time_seconds", "open_fds", "threads"] {
            #expect(text.contains("\nprocess_\(name) ") || text.hasPrefix("process_\(name) "))
        }
    }

    @Test(
        "names become legal",
        arguments: [
            ("a.b-c", "a_b_c"), ("9lives", "_lives"), ("", "_"), ("ok:yes", "ok:yes"), ("größe", "gr__e"),
        ])
    func names(label: String, name: String) {
        #expect(PrometheusText.name(label, kind: .gauge) == name)
    }
}
