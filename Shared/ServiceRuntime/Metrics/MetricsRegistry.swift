// MetricsRegistry: swift-metrics' backend of every service, read by `/metrics`.
// Always: one handler for a name and its labels, however often it is asked for; a name has one kind; recording takes no
// lock that another metric takes.
import Metrics
import Synchronization

/// What a metric is, for `# HELP` and for its buckets.
public struct MetricDescription: Sendable {
    /// The exposed name, such as `sink_rows_total`.
    public let name: String
    /// One sentence.
    public let help: String
    /// Upper bounds of a histogram's buckets; chosen by the name's unit when left out.
    public let buckets: [Double]?

    public init(_ name: String, help: String, buckets: [Double]? = nil) {
        self.name = name
        self.help = help
        self.buckets = buckets
    }
}

/// Keeps the metrics of a process and writes them as Prometheus text.
public final class MetricsRegistry: MetricsFactory {
    /// The one that ``Observability`` installs.
    public static let shared = MetricsRegistry()

    struct Family {
        let kind: MetricKind
        var series: [[MetricLabel]: any MetricSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var descriptions: [String: MetricDescription] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// Says what metrics mean. Buckets count only for series that do not exist yet: describe before the first use.
    public func describe(_ descriptions: [MetricDescription]) {
        state.withLock { state in
            for description in descriptions { state.descriptions[description.name] = description }
        }
    }

    /// Everything as Prometheus text (version 0.0.4), names in order, the process's own last.
    public func exposition() -> String {
        let (families, descriptions) = state.withLock { ($0.families, $0.descriptions) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            PrometheusText.append(name, family, help: descriptions[name]?.help, to: &text)
        }
        ProcessMetrics.append(to: &text)
        return text
    }

    /// The handler of a series, made by `make` when it is new. A name that is already another kind gives a series that
    /// nothing shows: a second kind under one name would make the whole page unreadable to Prometheus.
    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricKind, make: (MetricDescription?) -> Series
    ) -> Series {
        let name = PrometheusText.name(label, kind: kind)
        let labels = dimensions.map { MetricLabel(name: PrometheusText.labelName($0.0), value: $0.1) }.sorted()
        return state.withLock { state in
            if let found = state.families[name]?.series[labels] as? Series { return found }
            let made = make(state.descriptions[name])
            if state.families[name, default: Family(kind: kind)].kind == kind {
                state.families[name, default: Family(kind: kind)].series[labels] = made
            }
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, var family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                family.series[labels] = nil
                state.families[name] = family.series.isEmpty ? nil : family
                return
            }
        }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { _ in CounterSeries() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { _ in FloatingCounterSeries() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { _ in GaugeSeries() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, .gauge) { _ in GaugeSeries() } }
        let name = PrometheusText.name(label, kind: .histogram)
        return series(label, dimensions, .histogram) {
            HistogramSeries(bounds: $0?.buckets ?? Buckets.forUnit(of: name), divisor: 1)
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = PrometheusText.name(label, kind: .timer)
        return series(label, dimensions, .timer) {
            HistogramSeries(bounds: $0?.buckets ?? Buckets.forUnit(of: name), divisor: 1e9)
        }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
