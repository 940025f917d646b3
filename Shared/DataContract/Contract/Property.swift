/// A field of a message, and the column it lands in.
public struct Property: Sendable, Equatable {
    /// The field's name in the JSON object.
    public let name: String
    /// The column's name; the field's own unless the contract gives another.
    public let column: String
    public let logicalType: LogicalType
    public let columnType: ColumnType
    /// Whether every message has it, and not as null.
    public let isRequired: Bool
    /// Whether no two messages have the same value. Declared for readers, unless the contract has a
    /// `uniqueWindow`: then the sink drops repetitions.
    public let isUnique: Bool
    public let description: String?
    public let rules: Rules
    /// Whether the column holds the whole message as it came, instead of a field of it. `_extra` is then left empty.
    public let holdsMessage: Bool

    public init(
        name: String, column: String? = nil, logicalType: LogicalType, columnType: ColumnType? = nil,
        isRequired: Bool = false, isUnique: Bool = false, description: String? = nil, rules: Rules = Rules(),
        holdsMessage: Bool = false
    ) {
        self.name = name
        self.column = column ?? name
        self.logicalType = logicalType
        self.columnType = columnType ?? logicalType.usualColumnType
        self.isRequired = isRequired
        self.isUnique = isUnique
        self.description = description
        self.rules = rules
        self.holdsMessage = holdsMessage
    }

    /// What a value must keep to besides its type. Bounds are inclusive; lengths are in Unicode scalars.
    public struct Rules: Sendable, Equatable {
        public var minimumLength: Int?
        public var maximumLength: Int?
        public var minimum: Double?
        public var maximum: Double?

        public init(
            minimumLength: Int? = nil, maximumLength: Int? = nil, minimum: Double? = nil, maximum: Double? = nil
        ) {
            self.minimumLength = minimumLength
            self.maximumLength = maximumLength
            self.minimum = minimum
            self.maximum = maximum
        }
    }
}

/// What a field means, in the words of ODCS (`timestamp` comes from v3.1, and is read in v3.0 files too).
public enum LogicalType: String, Sendable, CaseIterable {
    case string, integer, number, boolean, timestamp, date, object, array

    /// The column type that a property gets when its contract names none.
    public var usualColumnType: ColumnType {
        switch self {
        case .string: .text
        case .integer: .bigint
        case .number: .numeric
        case .boolean: .boolean
        case .timestamp: .timestamptz
        case .date: .date
        case .object, .array: .jsonb
        }
    }

    /// The column types that hold every value of this type, or refuse it by a rule of their own.
    var columnTypes: Set<String> {
        switch self {
        case .string: ["text"]
        case .integer: ["bigint", "integer", "numeric"]
        case .number: ["numeric", "double precision"]
        case .boolean: ["boolean"]
        case .timestamp: ["timestamptz"]
        case .date: ["date"]
        case .object, .array: ["jsonb"]
        }
    }
}
