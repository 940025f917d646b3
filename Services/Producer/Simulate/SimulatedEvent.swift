/// One event of a scenario, on its way to become a message.
protocol SimulatedEvent: Sendable {
    /// The name of its time in the message, which faults change.
    static var timeField: String { get }
    /// Bits of the event's UUID.
    var id: (UInt64, UInt64) { get }
    /// Microseconds since 1970-01-01T00:00:00Z.
    var time: Int64 { get set }
    /// Where it goes: index into its scenario's topics.
    var topic: Int { get }
    /// The message's key: events of a user keep their order.
    func key() -> [UInt8]
    /// The message's JSON.
    func value() -> [UInt8]
}

/// Events of now.
protocol LiveEvents {
    associatedtype Event: SimulatedEvent
    /// The next event, at `time` (microseconds since 1970).
    mutating func next(at time: Int64) -> Event
}

extension PageViewEvent: SimulatedEvent {
    static var timeField: String { "timestamp" }
    var topic: Int { 0 }
    func key() -> [UInt8] { PageViewEncoder().key(of: self) }
    func value() -> [UInt8] { PageViewEncoder().value(of: self) }
}

extension HistorySource: IteratorProtocol {}
extension LiveSource: LiveEvents {}
