/// Whether a consumer can get records: is it in its group, and do brokers answer? A plain value.
struct ConsumerStanding: Sendable {
    /// A rebalance takes that long at most before it counts as trouble.
    static let patience: Duration = .seconds(60)

    private enum Membership {
        case never, joined
        case outside(since: ContinuousClock.Instant)
    }

    private var membership = Membership.never
    private var brokersAreAway = false

    /// The group has said which partitions are this consumer's; none is an answer too.
    mutating func joined() { membership = .joined }

    /// The group has taken partitions away; it will say what is next.
    mutating func left(at now: ContinuousClock.Instant = .now) {
        guard case .joined = membership else { return }
        membership = .outside(since: now)
    }

    /// Heard from the library: how many brokers it is connected with.
    mutating func brokers(up: Int) { brokersAreAway = up == 0 }

    func trouble(at now: ContinuousClock.Instant) -> String? {
        if brokersAreAway { return "no broker can be reached" }
        switch membership {
        case .joined: return nil
        case .never: return "the consumer group is not joined yet"
        case .outside(let since):
            let time = since.duration(to: now)
            guard time > Self.patience else { return nil }
            return "the consumer group has given no answer for \(time.components.seconds) s"
        }
    }
}
