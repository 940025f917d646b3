/// Events of now, as many as are asked for: some of the visits under way go on, others end and new ones begin.
struct LiveSource: Sendable {
    /// Seconds between two events of a visit, about.
    private static let pauseSeconds = 20.0

    private var scenario: PageViewScenario
    private var visits: [Visit] = []
    private let visitsMax: Int

    /// - Parameter rate: Events a second; 0 for as many as possible.
    init(users: Int, seed: UInt64, rate: Double) {
        scenario = PageViewScenario(users: users, seed: seed)
        visitsMax = rate > 0 ? min(max(3, Int(rate * Self.pauseSeconds)), 10_000) : 10_000
        visits.reserveCapacity(visitsMax)
    }

    /// The next event, at `time` (microseconds since 1970).
    mutating func next(at time: Int64) -> PageViewEvent {
        if visits.count < visitsMax { visits.append(scenario.visit()) }
        let index = scenario.random.below(visits.count)
        let event = scenario.event(of: &visits[index], at: time)
        if visits[index].isOver { visits[index] = scenario.visit() }
        return event
    }
}
