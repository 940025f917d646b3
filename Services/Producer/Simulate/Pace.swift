import Foundation

/// How many events are due: as many as the rate asks for since the start, so that a delay is made up for.
struct Pace {
    private let rate: Double
    private let chunk: Int
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var sent = 0

    /// - Parameter rate: Events a second; 0 for as many as possible, `chunk` at a time.
    init(rate: Double, chunk: Int) {
        self.rate = rate
        self.chunk = chunk
        start = clock.now
    }

    /// Waits until at least one event is due.
    /// - Returns: Those due now, `chunk` at most.
    /// - Throws: `CancellationError`.
    mutating func next() async throws -> Int {
        try Task.checkCancellation()
        guard rate > 0 else { return chunk }
        // Not more often than every 5 ms: at high rates several are due at once.
        let nextDue = start.advanced(by: .seconds(Double(sent + 1) / rate))
        try await clock.sleep(until: max(nextDue, clock.now.advanced(by: .milliseconds(rate > 200 ? 5 : 0))))
        let elapsed = start.duration(to: clock.now)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let due = min(chunk, max(1, Int(seconds * rate) - sent))
        sent += due
        return due
    }
}

enum WallClock {
    /// Microseconds since 1970-01-01T00:00:00Z.
    static func microseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }
}
