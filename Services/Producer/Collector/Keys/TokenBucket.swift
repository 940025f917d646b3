/// How much a key may still send: fills steadily up to its burst. A plain value; time is passed in.
struct TokenBucket: Sendable, Equatable {
    /// Events a second.
    let rate: Double
    /// The most that may come at once.
    let burst: Double
    private var level: Double
    private var filledAt: ContinuousClock.Instant

    init(rate: Double, burst: Double, at now: ContinuousClock.Instant) {
        self.rate = rate
        self.burst = burst
        level = burst
        filledAt = now
    }

    /// What was answered to a wish to send.
    struct Answer: Sendable, Equatable {
        let isAllowed: Bool
        /// Whole events that may be sent at once from now.
        let remaining: Int
        /// Seconds until the wish can be granted, at least 1 when it was not; until the bucket is full when it was.
        let seconds: Int
    }

    /// Takes `count` events. More than the burst are let through when the bucket is full, and make debts: a batch that is
    /// larger than the burst must not be refused for ever.
    mutating func take(_ count: Int, at now: ContinuousClock.Instant) -> Answer {
        level = min(burst, level + rate * (filledAt.duration(to: now) / .seconds(1)))
        filledAt = now
        let wanted = Double(count)
        let needed = min(wanted, burst)
        guard level >= needed else {
            let wait = rate > 0 ? ((needed - level) / rate).rounded(.up) : 3600
            return Answer(isAllowed: false, remaining: max(0, Int(level)), seconds: max(1, Int(min(wait, 3600))))
        }
        level -= wanted
        let full = rate > 0 ? ((burst - level) / rate).rounded(.up) : 3600
        return Answer(isAllowed: true, remaining: max(0, Int(level)), seconds: Int(min(full, 3600)))
    }
}
