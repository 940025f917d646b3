// PlausibleTimes: a sender whose clock is wrong, or who sends rubbish, would otherwise move a table's first or last day by
// thousands of years: models would compute them all, and late data would never be late.

extension Contract {
    /// When an event may have happened, as the contract has it. An event outside is refused.
    public struct PlausibleTimes: Sendable, Equatable, CustomStringConvertible {
        /// One end of it, included.
        public enum Bound: Sendable, Equatable {
            /// Any time that can be written: the years 0001 to 9999.
            case any
            /// Microseconds since 1970-01-01T00:00:00Z.
            case moment(Int64)
            /// Microseconds after the moment at which the message is judged; before it, where negative.
            case now(plus: Int64)
        }

        public var earliest: Bound
        public var latest: Bound

        public init(earliest: Bound, latest: Bound) {
            self.earliest = earliest
            self.latest = latest
        }

        /// From 1970 to a day from now: no event comes from the future, but clocks are wrong and zones are mixed up.
        public static let usual = PlausibleTimes(earliest: .moment(0), latest: .now(plus: 86_400_000_000))

        /// `from 1970-01-01T00:00:00.000Z to now + 1 day`, for people.
        public var description: String {
            switch (earliest, latest) {
            case (.any, .any): "any time"
            case (.any, let latest): "up to \(latest.text)"
            case (let earliest, .any): "from \(earliest.text)"
            case (let earliest, let latest): "from \(earliest.text) to \(latest.text)"
            }
        }
    }
}

extension Contract.PlausibleTimes.Bound {
    fileprivate var text: String {
        switch self {
        case .any: return "any time"
        case .moment(let microseconds):
            var text: [UInt8] = []
            EventTime.append(microseconds, to: &text)
            return String(decoding: text, as: UTF8.self)
        case .now(plus: 0): return "now"
        case .now(let distance):
            let seconds = Int(distance.magnitude / 1_000_000)
            let unit =
                [("day", 86_400), ("hour", 3_600), ("minute", 60)].first { seconds % $0.1 == 0 } ?? ("second", 1)
            let count = seconds / unit.1
            return "now \(distance < 0 ? "-" : "+") \(count) \(unit.0)\(count == 1 ? "" : "s")"
        }
    }

    /// For the hot path: the bound is `base` plus `now`'s bits under `mask`.
    func parts(any: Int64) -> (base: Int64, mask: Int64) {
        switch self {
        case .any: (any, 0)
        case .moment(let microseconds): (microseconds, 0)
        case .now(let distance): (distance, -1)
        }
    }
}
