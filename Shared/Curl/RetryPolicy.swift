// RetryPolicy: whether and when a request is sent again. A plain value: the answer depends on nothing but its
// arguments.
import Foundation

/// When to send a request again that did not get through.
public struct RetryPolicy: Sendable {
    /// Attempts in all, the first included.
    public var attemptsMax = 4
    /// The most that is waited before the second attempt; each further one doubles it.
    public var firstDelay: Duration = .milliseconds(200)
    public var delayMax: Duration = .seconds(20)
    /// Answers that say "not now".
    public var statuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

    public init() {}

    /// Sends once.
    public static var never: RetryPolicy {
        var policy = RetryPolicy()
        policy.attemptsMax = 1
        return policy
    }

    /// How long to wait after attempt number `attempt` (from 1); `nil` to give up.
    /// - Parameter random: From 0 up to 1: waits are spread, so that clients that failed together do not return
    ///   together.
    func delay(after attempt: Int, random: Double) -> Duration? {
        guard attempt < attemptsMax else { return nil }
        let ceiling = min(firstDelay * (1 << min(attempt - 1, 20)), delayMax)
        return ceiling * random
    }

    /// The same for an answer. `Retry-After` is honoured up to `delayMax`: a server that wants longer gets its answer
    /// passed on instead.
    func delay(after attempt: Int, head: ResponseHead, random: Double, now: Date) -> Duration? {
        guard statuses.contains(head.status), let own = delay(after: attempt, random: random) else { return nil }
        guard let asked = head.header("Retry-After").flatMap({ Self.retryAfter($0, now: now) }) else { return own }
        return asked <= delayMax ? max(asked, own) : nil
    }

    /// Seconds, or a date as HTTP writes it.
    static func retryAfter(_ text: String, now: Date) -> Duration? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if let seconds = Int(text), seconds >= 0, seconds < 1_000_000_000 { return .seconds(seconds) }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        guard let date = formatter.date(from: text) else { return nil }
        return .milliseconds(Int64(max(0, date.timeIntervalSince(now)) * 1_000))
    }
}
