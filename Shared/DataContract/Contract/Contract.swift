// Contract: what a topic's messages are promised to be, and which table they land in. A plain value: no I/O.
// Always, once read (`init(yaml:file:)`): property and column names are unique, the event time is a required timestamp,
// the key is a required property, and no column has a name that the sink keeps for itself.

/// The contract of one topic, read from an Open Data Contract Standard (ODCS v3) file.
public struct Contract: Sendable, Equatable {
    /// The file it was read from, for messages.
    public let file: String
    /// The contract's own id.
    public let id: String
    /// The contract's own version, such as `1.0.0`.
    public let version: String
    /// What the topic holds, for people.
    public let description: String?
    /// The topic that carries the messages.
    public let topic: Topic
    /// The raw table that they land in.
    public let table: TableName
    /// What the table holds, for people.
    public let tableDescription: String?
    /// The fields of a message, in the order of the table's columns.
    public let properties: [Property]
    /// Name of the property that says when an event happened; it is a required timestamp.
    public let eventTime: String?
    /// When an event may have happened; others are refused. Means nothing without `eventTime`.
    public let plausibleTimes: PlausibleTimes
    /// Name of the property whose value is the key of a message; it is required.
    public let key: String?
    /// How long rows are kept after they landed, whole days; `nil`: for ever.
    public let rowRetention: Duration?
    /// Which messages are dropped as repetitions; `nil`: none.
    public let uniqueWindow: UniqueWindow?

    /// A contract made in code; nothing is checked.
    public init(
        file: String, id: String, version: String, description: String? = nil, topic: Topic, table: TableName,
        tableDescription: String? = nil, properties: [Property], eventTime: String? = nil, key: String? = nil,
        rowRetention: Duration? = nil, uniqueWindow: UniqueWindow? = nil, plausibleTimes: PlausibleTimes = .usual
    ) {
        self.file = file
        self.id = id
        self.version = version
        self.description = description
        self.topic = topic
        self.table = table
        self.tableDescription = tableDescription
        self.properties = properties
        self.eventTime = eventTime
        self.plausibleTimes = plausibleTimes
        self.key = key
        self.rowRetention = rowRetention
        self.uniqueWindow = uniqueWindow
    }

    /// The same messages in another table, whose rows stay and are never dropped as repetitions: for a second look.
    public func copied(to table: TableName) -> Contract {
        Contract(
            file: file, id: id, version: version, description: description, topic: topic, table: table,
            tableDescription: tableDescription, properties: properties, eventTime: eventTime, key: key,
            plausibleTimes: plausibleTimes)
    }

    /// Where the messages go that break this contract, byte for byte.
    public var deadLetterTopic: String { "\(topic.name).dead-letters" }

    /// The property called `name`.
    public func property(_ name: String) -> Property? { properties.first { $0.name == name } }

    /// The property that says when an event happened.
    public var eventTimeProperty: Property? { eventTime.flatMap(property) }
}

extension Contract {
    /// A topic as the contract wants it.
    public struct Topic: Sendable, Equatable {
        public let name: String
        public let partitions: Int
        /// `nil`: the cluster's default.
        public let replicationFactor: Int?
        /// How long messages are kept; `nil`: the cluster's default.
        public let retention: Duration?

        public init(name: String, partitions: Int, replicationFactor: Int? = nil, retention: Duration? = nil) {
            self.name = name
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.retention = retention
        }
    }

    /// Messages with a value that came before, not longer ago than `window`, are repetitions.
    public struct UniqueWindow: Sendable, Equatable {
        /// The column of the property; rows that have no value in it are never repetitions.
        public let column: String
        /// From when the value first landed.
        public let window: Duration

        public init(column: String, window: Duration) {
            self.column = column
            self.window = window
        }
    }

    /// A table by its two names, without quotes.
    public struct TableName: Sendable, Hashable, CustomStringConvertible {
        public let schema: String
        public let name: String

        public init(schema: String, name: String) {
            self.schema = schema
            self.name = name
        }

        /// `schema.name`.
        public var description: String { "\(schema).\(name)" }
    }
}
