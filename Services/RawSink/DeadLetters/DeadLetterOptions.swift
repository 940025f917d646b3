import ArgumentParser
import Foundation
import Warehouse

/// Which dead letters a command means.
struct DeadLetterOptions: ParsableArguments {
    @Option(help: "Of this topic only.") var topic: String?
    @Option(help: "Meant for this table only, such as raw.events.") var table: String?
    @Option(help: "For this reason only, such as invalid_json.") var reason: String?
    @Option(help: "With this field at fault only.") var field: String?
    @Option(help: "Of this partition only.") var partition: Int32?
    @Option(help: "From this offset on.") var fromOffset: Int64?
    @Option(help: "Up to this offset, included.") var toOffset: Int64?
    @Option(help: "Refused at this time or later: 2026-11-23 or 2026-11-23T05:00:00Z.") var since: String?
    @Option(help: "Refused before this time.") var until: String?

    /// - Throws: `ValidationError` naming the option.
    func filter() throws -> DeadLetterFilter {
        var filter = DeadLetterFilter(topic: topic, table: table, partition: partition, reason: reason, field: field)
        if fromOffset != nil || toOffset != nil {
            let (first, last) = (fromOffset ?? 0, toOffset ?? .max)
            guard first <= last else {
                throw ValidationError("--from-offset \(first) is behind --to-offset \(last).")
            }
            filter.offsets = first...last
        }
        filter.failedFrom = try since.map { try Self.time($0, "--since") }
        filter.failedTo = try until.map { try Self.time($0, "--until") }
        return filter
    }

    private static func time(_ text: String, _ option: String) throws -> Int64 {
        guard let time = PointInTime.read(text) else {
            throw ValidationError("\(option) \"\(text)\" is no time; write 2026-11-23 or 2026-11-23T05:00:00Z.")
        }
        return time
    }
}

/// A time as an operator writes it.
enum PointInTime {
    /// Microseconds since 1970 of an RFC 3339 time, or of a day's beginning in UTC.
    static func read(_ text: String) -> Int64? {
        let styles = [
            Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true),
            Date.ISO8601FormatStyle().year().month().day(),
        ]
        // The first style that reads it; the others fail on purpose.
        let date = styles.lazy.compactMap { try? Date(text, strategy: $0) }.first
        return date.map { Int64(($0.timeIntervalSince1970 * 1_000_000).rounded()) }
    }
}
