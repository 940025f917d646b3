// The numbers behind metrics: one small object a series, cheap enough for a call per row.
import Metrics
import Synchronization

enum MetricKind: Equatable {
    case counter, gauge, histogram, timer
}

struct MetricLabel: Hashable, Comparable, Sendable {
    let name: String, value: String

    static func < (left: Self, right: Self) -> Bool { (left.name, left.value) < (right.name, right.value) }
}

/// What the exposition reads of a series.
enum MetricReading {
    case value(Double)
    case histogram(bounds: [Double], counts: [Int64], sum: Double)
}

protocol MetricSeries: AnyObject, Sendable {
    func read() -> MetricReading
}

/// A whole number that only grows.
final class CounterSeries: CounterHandler, MetricSeries {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
    func read() -> MetricReading { .value(Double(count.load(ordering: .relaxed))) }
}

/// A number with a fraction that only grows.
final class FloatingCounterSeries: FloatingPointCounterHandler, MetricSeries {
    private let total = Mutex(0.0)

    func increment(by amount: Double) { total.withLock { $0 += amount } }
    func reset() { total.withLock { $0 = 0 } }
    func read() -> MetricReading { .value(total.withLock { $0 }) }
}

/// The latest value of something.
final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    private let level = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { level.withLock { $0 = value } }
    func increment(by amount: Double) { level.withLock { $0 += amount } }
    func decrement(by amount: Double) { level.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func read() -> MetricReading { .value(level.withLock { $0 }) }
}

/// How often values fell under each of some bounds.
final class HistogramSeries: RecorderHandler, TimerHandler, MetricSeries {
    private struct Tally {
        var counts: [Int64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let divisor: Double
    private let tally: Mutex<Tally>

    /// - Parameters:
    ///   - bounds: Upper bounds, rising; what is above the last falls into one more bucket.
    ///   - divisor: What a recorded value is divided by: nanoseconds become seconds.
    init(bounds: [Double], divisor: Double) {
        self.bounds = bounds
        self.divisor = divisor
        tally = Mutex(Tally(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }

    func record(_ value: Double) {
        let value = value / divisor
        guard value.isFinite else { return }
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        tally.withLock { tally in
            tally.counts[low] += 1
            tally.sum += value
        }
    }

    func read() -> MetricReading {
        let tally = tally.withLock { $0 }
        return .histogram(bounds: bounds, counts: tally.counts, sum: tally.sum)
    }
}

/// Bounds that fit what is measured, by the unit at the end of the metric's name.
enum Buckets {
    static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
    static let bytes = (0...9).map { Double(256 << (2 * $0)) }
    static let counts = [1.0, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 1_000_000]

    static func forUnit(of name: String) -> [Double] {
        if name.hasSuffix("_seconds") { return seconds }
        return name.hasSuffix("_bytes") ? bytes : counts
    }
}
