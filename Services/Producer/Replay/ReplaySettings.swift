/// What `producer replay` was asked for.
struct ReplaySettings: Sendable {
    /// A file, or `-`.
    var file: String
    /// `nil`: found from the name and the first bytes.
    var format: InputFormat?
    /// Between the fields of CSV.
    var delimiter = UInt8(ascii: ",")
    var mapping = EventMaker.Mapping()
    var time = Time()
    var pace = Pacing.unlimited
    /// `nil` for none.
    var checkpoint: String?
    /// Begin anew where there is a checkpoint.
    var restarts = false
    var rejects: String?
    var allowsRejects = false
    /// Nothing is sent.
    var checksOnly = false
    /// Bytes that Kafka's client takes of a message.
    var messageBytesMax = 1_000_000

    /// What becomes of the events' times.
    struct Time: Sendable {
        /// When the first event is to have happened (microseconds since 1970); `nil` leaves all times as they are.
        var first: Int64?
    }

    /// How fast events are sent.
    enum Pacing: Sendable, Equatable {
        case unlimited
        /// Events a second.
        case rate(Double)
        /// As they happened, so many times as fast.
        case speed(Double)
    }
}
