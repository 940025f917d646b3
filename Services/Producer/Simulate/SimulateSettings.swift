/// What `producer simulate` was asked for.
struct SimulateSettings: Sendable, Equatable {
    /// Events a second from now on; 0 for as many as possible.
    var rate: Double
    /// Events in all, history included; `nil` without end.
    var count: Int?
    var users: Int
    var seed: UInt64
    /// History from here (microseconds since 1970) …
    var from: Int64?
    /// … to here; `nil`: to the start of this run, and then live.
    var to: Int64?
    var scenario = Scenario.pageViews
    /// Where events go: those of the scenario, or others in their place.
    var topics: [String]
    /// What goes wrong with how many of the events.
    var faults = FaultShares()
    /// Microseconds by which a late event is late at most.
    var lateness: Int64 = 3_600_000_000
    /// File that gets a line for each message once its fate is known.
    var log: String?

    /// Whether the run comes to an end by itself.
    var isBounded: Bool { count != nil || to != nil }
}
