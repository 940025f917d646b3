import Foundation

/// What `producer simulate` was asked for.
struct SimulateSettings: Sendable, Equatable {
    /// Events a second from now on; 0 for as many as possible.
    var rate: Double
    /// Events in all, history included; `nil` without end.
    var count: Int?
    var users: Int
    var seed: UInt64
    /// History from here (microseconds since 1970) …
    var from: Int64?
    /// … to here; `nil`: to the start of this run, and then live.
    var to: Int64?
    var topic: String
    /// What goes wrong with how many of the events.
    var faults = FaultShares()
    /// Microseconds by which a late event is late at most.
    var lateness: Int64 = 3_600_000_000
    /// File that gets a line for each message once its fate is known.
    var log: String?

    /// Whether the run comes to an end by itself.
    var isBounded: Bool { count != nil || to != nil }

    /// `2026-11-23`, `2026-11-23T01:02:03Z`, with a fraction or an offset: microseconds since 1970; `nil` for anything else.
    static func microseconds(_ text: String) -> Int64? {
        let day = Date.ISO8601FormatStyle().year().month().day()
        let styles = [
            Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true), day,
        ]
        for style in styles {
            if let date = try? style.parse(text), style != day || text.count == 10 {
                return Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
            }
        }
        return nil
    }
}
