import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// How far a replay is: read by its progress line, its metrics and its end.
final class ReplayProgress: Sendable {
    struct Counts: Equatable, Sendable {
        var bytesRead = 0
        /// Bytes of the file; `nil` for a pipe.
        var size: Int?
        var records = 0
        var delivered = 0
        var rejected = 0
        /// Rejected records by rule and field, and the first lines that have each.
        var faults: [String: (count: Int, lines: [Int])] = [:]

        static func == (left: Self, right: Self) -> Bool {
            left.bytesRead == right.bytesRead && left.records == right.records && left.delivered == right.delivered
                && left.rejected == right.rejected
        }

        /// `12 wrong_type at price (lines 7, 9, 31 …), 1 invalid_json (line 40)`
        var faultText: String {
            faults.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { name, fault in
                let lines = fault.lines.map(String.init).joined(separator: ", ")
                let more = fault.count > fault.lines.count ? " …" : ""
                return "\(fault.count) \(name) (line\(fault.count == 1 ? "" : "s") \(lines)\(more))"
            }.joined(separator: ", ")
        }
    }

    private static let linesMax = 5
    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func read(_ bytes: Int, of size: Int?) {
        state.withLock { counts in
            counts.bytesRead = bytes
            counts.size = size
        }
    }

    func took(records: Int) { state.withLock { $0.records = records } }

    func delivered(_ count: Int) { state.withLock { $0.delivered += count } }

    func rejected(_ record: SourceRecord, _ fault: EventMaker.Fault) {
        let name = fault.rule + (fault.field.map { " at \($0)" } ?? "")
        state.withLock { counts in
            counts.rejected += 1
            var known = counts.faults[name] ?? (0, [])
            known.count += 1
            if known.lines.count < Self.linesMax { known.lines.append(record.line) }
            counts.faults[name] = known
        }
    }
}

/// Shows people how far a replay is: a line on a terminal, else a log line every ten seconds.
struct ReplayReporter: Service {
    let progress: ReplayProgress
    let topic: String
    let logger: Logger

    func run() async throws { try await ProgressBar.untilDone { isWatched in try await report(isWatched) } }

    private func report(_ isWatched: Bool) async throws {
        let clock = ContinuousClock()
        let began = clock.now
        let delivered = Counter(label: "producer_events_delivered_total", dimensions: [("topic", topic)])
        var before = ReplayProgress.Counts()
        for round in 1... {
            try await Task.sleep(for: .milliseconds(500))
            let now = progress.counts
            delivered.increment(by: now.delivered - before.delivered)
            if isWatched {
                ProgressBar.draw(Self.line(now, before, began.duration(to: clock.now)))
            } else if round.isMultiple(of: 20) {
                logger.info(
                    "records sent",
                    metadata: [
                        "topic": "\(topic)", "records": "\(now.records)", "delivered": "\(now.delivered)",
                        "rejected": "\(now.rejected)", "bytes": "\(now.bytesRead)",
                        "bytes_total": "\(now.size.map(String.init) ?? "unknown")",
                    ])
            }
            before = now
        }
    }

    private static func line(
        _ now: ReplayProgress.Counts, _ before: ReplayProgress.Counts, _ elapsed: Duration
    ) -> String {
        let share = now.size.map { $0 == 0 ? 1 : Double(now.bytesRead) / Double($0) }
        let counts = "\(ProgressBar.grouped(now.delivered)) sent, \(ProgressBar.grouped(now.rejected)) rejected"
        return ProgressBar.line(
            share: share, counts: counts, perSecond: Double(now.delivered - before.delivered) * 2, elapsed: elapsed)
    }
}
