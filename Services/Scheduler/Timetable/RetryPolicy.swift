import Foundation

/// How often a failed task is tried again, and when.
public struct RetryPolicy: Sendable, Equatable {
    /// Attempts after the first; 0: none.
    public var retriesMax: Int
    /// Before the first retry, in seconds; doubled for each further one.
    public var delay: TimeInterval
    /// No delay is longer, in seconds.
    public var delayMax: TimeInterval
    /// How long one attempt may take before it is given up, in seconds.
    public var attemptTimeout: TimeInterval

    public init(retriesMax: Int, delay: TimeInterval, delayMax: TimeInterval, attemptTimeout: TimeInterval) {
        self.retriesMax = retriesMax
        self.delay = delay
        self.delayMax = delayMax
        self.attemptTimeout = attemptTimeout
    }

    /// Seconds to wait after attempt number `attempt` (from 1) failed: exponential, then between half of that and all of
    /// it. The share depends on the task and the attempt alone, so that tasks that failed together do not come back
    /// together and a scheduler that takes over decides the same.
    public func delay(afterAttempt attempt: Int, of task: String) -> TimeInterval {
        let whole = min(delayMax, delay * pow(2, Double(min(max(attempt, 1), 60) - 1)))
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a: Hasher differs from process to process
        for byte in "\(task)#\(attempt)".utf8 {
            hash ^= UInt64(byte)
            hash &*= 0x100_0000_01b3
        }
        return whole * (0.5 + Double(hash >> 40) / Double(1 << 24) / 2)
    }
}
