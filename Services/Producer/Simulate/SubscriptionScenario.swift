// SubscriptionScenario: a financing service's customers, with a subscription, a payment a month, a record of use a day, and
// some who leave. Decides what happens, and knows nothing of Kafka.
// Always: what happens to a user on a day follows from the seed, the user and the day alone, so that any stretch of the
// history has the same events, whatever else is made.
import CivilTime
import Foundation

/// Something that a customer of the service caused.
struct SubscriptionEvent: Sendable {
    /// Which of the four topics.
    enum Kind: Int, Sendable, CaseIterable {
        case subscription, payment, churn, engagement

        var topic: String {
            switch self {
            case .subscription: "subscriptions"
            case .payment: "revenue"
            case .churn: "churn"
            case .engagement: "customer_engagement"
            }
        }
    }

    var kind: Kind
    var id: (UInt64, UInt64)
    var user: Customer
    /// Microseconds since 1970-01-01T00:00:00Z; whole seconds.
    var time: Int64
    /// What the numbers of the event follow from.
    var random: SeededRandom
}

/// A customer, as the seed made them.
struct Customer: Sendable, Equatable {
    enum Plan: String, Sendable, CaseIterable { case basic, pro, enterprise }

    let number: Int
    let region: String
    let segment: String
    let plan: Plan
    /// How large the customer is: 0.5 to 2.5.
    let scale: Double
    /// The month in which the customer leaves, and the day in it; `nil` for those who stay.
    let leaving: Int?

    /// Share of customers who leave.
    static let leavingShare = 0.15
    private static let firstLeavingMonth = CivilDay(year: 2020, month: 1, day: 1)
    private static let leavingMonths = 59

    init(number: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed.mixed(with: UInt64(number), 0x5EED))
        self.number = number
        region = random.choose([("North America", 0.4), ("Europe", 0.3), ("Asia", 0.2), ("Other", 0.1)])
        segment = random.choose([("SMB", 0.5), ("Enterprise", 0.3), ("Startup", 0.2)])
        plan = random.choose([(.basic, 0.5), (.pro, 0.3), (.enterprise, 0.2)])
        scale = 0.5 + 2 * random.unit()
        let leaves = random.unit() < Self.leavingShare
        let month = random.below(Self.leavingMonths), day = random.below(28)
        let first = Self.firstLeavingMonth
        let start = CivilDay(year: first.year + month / 12, month: first.month + month % 12, day: 1)
        leaving = leaves ? start.number + day : nil
    }
}

/// Everything that happens in `[from, to)`, in the order of its time. Memory does not grow with the history.
struct SubscriptionHistory: Sendable, IteratorProtocol {
    private let customers: [Customer]
    private let seed: UInt64
    private let from: Int64
    private let to: Int64
    private var day: Int
    private let lastDay: Int
    private var index = 0
    private var isFirstOfMonth = false
    /// What else the present customer does on the present day, last first.
    private var waiting: [SubscriptionEvent.Kind] = []

    /// - Parameters: Microseconds since 1970; half-open.
    init(users: Int, seed: UInt64, from: Int64, to: Int64) {
        customers = (0..<users).map { Customer(number: $0, seed: seed) }
        self.seed = seed
        self.from = from
        self.to = to
        day = Int(from.flooredDivision(by: 86_400_000_000).quotient)
        lastDay = Int((to - 1).flooredDivision(by: 86_400_000_000).quotient)
        begin(day)
    }

    mutating func next() -> SubscriptionEvent? {
        while day <= lastDay {
            while let kind = waiting.popLast() {
                let event = SubscriptionEvent(kind, of: customers[index], on: day, among: customers.count, seed: seed)
                guard event.time < to else { break }
                if event.time >= from { return event }
            }
            waiting = []
            index += 1
            if index == customers.count {
                day += 1
                begin(day)
            } else {
                plan()
            }
        }
        return nil
    }

    private mutating func begin(_ day: Int) {
        index = 0
        isFirstOfMonth = CivilDay(number: day).day == 1
        plan()
    }

    /// What the present customer does today.
    private mutating func plan() {
        waiting.removeAll(keepingCapacity: true)
        waiting.append(.engagement)
        if customers[index].leaving == day { waiting.append(.churn) }
        guard isFirstOfMonth else { return }
        waiting.append(.payment)
        waiting.append(.subscription)
    }
}

extension SubscriptionEvent {
    /// What happens to a customer on a day. The customers come one after the other through the day.
    fileprivate init(_ kind: Kind, of user: Customer, on day: Int, among users: Int, seed: UInt64) {
        var random = SeededRandom(
            seed: seed.mixed(with: UInt64(user.number) << 3 | UInt64(kind.rawValue), UInt64(bitPattern: Int64(day))))
        let second = (Double(user.number) * 86_400 / Double(users)).rounded(.down)
        self.init(
            kind: kind, id: (random.next(), random.next()), user: user,
            time: (Int64(day) * 86_400 + Int64(second)) * 1_000_000, random: random)
    }
}

/// Events of now: mostly use, now and then a subscription or a payment, rarely somebody who leaves.
struct SubscriptionLive: Sendable, LiveEvents {
    private var random: SeededRandom
    private let seed: UInt64
    private let users: Int

    init(users: Int, seed: UInt64) {
        self.users = users
        self.seed = seed
        random = SeededRandom(seed: seed &+ 1)
    }

    mutating func next(at time: Int64) -> SubscriptionEvent {
        let kind: SubscriptionEvent.Kind = random.choose([
            (.engagement, 0.78), (.subscription, 0.1), (.payment, 0.1), (.churn, 0.02),
        ])
        let user = Customer(number: random.below(users), seed: seed)
        let id = (random.next(), random.next())
        return SubscriptionEvent(
            kind: kind, id: id, user: user, time: time / 1_000_000 * 1_000_000,
            random: SeededRandom(seed: random.next()))
    }
}

extension SeededRandom {
    /// One of some, as often as its share says; the shares make 1.
    mutating func choose<Choice>(_ choices: [(choice: Choice, share: Double)]) -> Choice {
        var drawn = unit()
        for (choice, share) in choices.dropLast() {
            if drawn < share { return choice }
            drawn -= share
        }
        return choices[choices.count - 1].choice
    }

    /// Evenly in a range.
    mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// Evenly in a range of whole numbers.
    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    mutating func chance(_ share: Double) -> Bool { unit() < share }

    /// The normal distribution, by Box and Muller (1958).
    mutating func normal(mean: Double, deviation: Double) -> Double {
        mean + deviation * (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
    }
}

extension UInt64 {
    /// A seed of its own for each pair of numbers: the finalizer of SplitMix64, twice.
    fileprivate func mixed(with first: UInt64, _ second: UInt64) -> UInt64 {
        func finalized(_ number: UInt64) -> UInt64 {
            var z = number &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        return finalized(finalized(self ^ first) ^ second)
    }
}
