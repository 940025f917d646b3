// RetryRules: when a call is made again, as Google asks for it: after a second, then after twice as long each time up to 32
// seconds, each with some chance in it, until a time is over. A plain value.

/// When to make a call again that came to nothing for now.
struct RetryRules: Sendable {
    var firstDelay: Duration = .seconds(1)
    var delayMax: Duration = .seconds(32)
    /// From the first try to the last.
    var totalMax: Duration = .seconds(600)

    /// How long to wait after try number `attempt` (from 1); nil to give up.
    /// - Parameters:
    ///   - elapsed: Since the first try.
    ///   - random: From 0 up to 1.
    func delay(after attempt: Int, _ error: BigQueryError, elapsed: Duration, random: Double) -> Duration? {
        guard error.isRetriable else { return nil }
        let usual = min(firstDelay * (1 << min(attempt - 1, 20)), delayMax)
        let delay = max(usual + firstDelay * random, error.retryAfter ?? .zero)
        return elapsed + delay <= totalMax ? delay : nil
    }
}
