/// A message that did not become a row, byte for byte, and why.
public struct DeadLetter: Sendable, Equatable {
    /// Where it came from; there is one dead letter of a position at most.
    public struct Position: Sendable, Hashable, CustomStringConvertible {
        public let topic: String
        public let partition: Int32
        public let offset: Int64

        public init(topic: String, partition: Int32, offset: Int64) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
        }

        /// `events/3/1042`.
        public var description: String { "\(topic)/\(partition)/\(offset)" }
    }

    /// A header of the message.
    public struct Header: Sendable, Equatable {
        public let name: String
        public let value: [UInt8]?

        public init(name: String, value: [UInt8]?) {
            self.name = name
            self.value = value
        }
    }

    /// An attempt to make a row of it that failed.
    public struct Attempt: Sendable, Equatable, Codable {
        public let reason: String
        public let field: String?
        public let message: String
        /// Microseconds since 1970.
        public let failedAt: Int64

        public init(reason: String, field: String?, message: String, failedAt: Int64) {
            self.reason = reason
            self.field = field
            self.message = message
            self.failedAt = failedAt
        }
    }

    public let position: Position
    /// The raw table that it was meant for.
    public let table: String
    /// A code that stays the same: `wrong_type`.
    public let reason: String
    /// The field at fault, where there is one.
    public let field: String?
    /// For people.
    public let message: String
    public let key: [UInt8]?
    public let value: [UInt8]?
    public let headers: [Header]
    /// Of the message; microseconds since 1970.
    public let timestamp: Int64?
    /// When it was refused; microseconds since 1970.
    public let failedAt: Int64
    /// How often it was tried, the first time included.
    public let attempts: Int
    /// The attempts before the last one, oldest first.
    public let history: [Attempt]

    public init(
        position: Position, table: String, reason: String, field: String?, message: String, key: [UInt8]?,
        value: [UInt8]?, headers: [Header], timestamp: Int64?, failedAt: Int64, attempts: Int = 1,
        history: [Attempt] = []
    ) {
        self.position = position
        self.table = table
        self.reason = reason
        self.field = field
        self.message = message
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
        self.failedAt = failedAt
        self.attempts = attempts
        self.history = history
    }
}

/// Which dead letters are meant; what is `nil` matches all.
public struct DeadLetterFilter: Sendable, Equatable {
    public var topic: String?
    /// `raw.events`.
    public var table: String?
    public var partition: Int32?
    /// Both ends included.
    public var offsets: ClosedRange<Int64>?
    public var reason: String?
    public var field: String?
    /// When they were refused last: microseconds since 1970, from this on.
    public var failedFrom: Int64?
    /// The same, before this.
    public var failedTo: Int64?

    public init(
        topic: String? = nil, table: String? = nil, partition: Int32? = nil, offset: Int64? = nil,
        reason: String? = nil, field: String? = nil
    ) {
        self.topic = topic
        self.table = table
        self.partition = partition
        offsets = offset.map { $0...$0 }
        self.reason = reason
        self.field = field
    }
}
