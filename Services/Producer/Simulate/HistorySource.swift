// HistorySource: the events of a stretch of the past, in the order of their times, made one at a time.
// Always: memory follows the visits that overlap, not the length of the history.

/// Page views of `[start, end)`: more by day than by night, in visits that come and go.
struct HistorySource: Sendable {
    /// Visits of a user and day, on average.
    static let visitsPerUserAndDay = 1.2

    private var scenario: PageViewScenario
    private let end: Int64
    private var arrival: Int64
    private var waiting = VisitQueue()

    /// - Parameters: Microseconds since 1970; half-open.
    init(users: Int, seed: UInt64, from start: Int64, to end: Int64) {
        scenario = PageViewScenario(users: users, seed: seed)
        self.end = end
        arrival = start
        arrival = nextArrival(after: start)
    }

    /// The next event, `nil` at the end. What a visit would still do at `end` or later never happens.
    mutating func next() -> PageViewEvent? {
        while true {
            if let time = waiting.nextTime, time <= arrival {
                guard time < end, var visit = waiting.popFirst() else { return nil }
                let event = scenario.event(of: &visit, at: time)
                if !visit.isOver { waiting.insert(visit, at: time + Int64(scenario.pause() * 1_000_000)) }
                return event
            }
            guard arrival < end else { return nil }
            waiting.insert(scenario.visit(), at: arrival)
            arrival = nextArrival(after: arrival)
        }
    }

    /// A Poisson process whose rate follows the hour, by thinning (Lewis and Shedler, 1979).
    private mutating func nextArrival(after time: Int64) -> Int64 {
        let perSecond = Double(scenario.users) * Self.visitsPerUserAndDay / 86_400
        var time = time
        repeat {
            time += max(1, Int64(scenario.random.exponential(mean: 1 / (perSecond * Self.busiest)) * 1_000_000))
        } while time < end && scenario.random.unit() * Self.busiest > Self.activity(at: time)
        return time
    }

    private static let busiest = 1.9

    /// How busy a moment is, 1 on average: quiet at four in the morning (UTC), busiest at eight in the evening.
    static func activity(at time: Int64) -> Double {
        let byHour = [
            0.55, 0.40, 0.30, 0.25, 0.20, 0.25, 0.40, 0.65, 0.90, 1.05, 1.15, 1.25, 1.30, 1.25, 1.20, 1.20, 1.25, 1.35,
            1.55, 1.80, 1.90, 1.65, 1.20, 0.80,
        ]
        let secondsOfDay = Int(((time / 1_000_000) % 86_400 + 86_400) % 86_400)
        return byHour[secondsOfDay / 3600]
    }
}

/// Visits by the time of their next event: a binary heap; equal times keep the order in which they came.
struct VisitQueue: Sendable {
    private var entries: [(time: Int64, order: Int, visit: Visit)] = []
    private var inserted = 0

    var nextTime: Int64? { entries.first?.time }

    mutating func insert(_ visit: Visit, at time: Int64) {
        entries.append((time, inserted, visit))
        inserted += 1
        var child = entries.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> Visit? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            var parent = 0
            while true {
                var smallest = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && precedes(child, smallest) {
                    smallest = child
                }
                if smallest == parent { break }
                entries.swapAt(parent, smallest)
                parent = smallest
            }
        }
        return first.visit
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (entries[left].time, entries[left].order) < (entries[right].time, entries[right].order)
    }
}
