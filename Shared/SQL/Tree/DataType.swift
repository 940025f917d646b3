/// A type as SQL text names it.
public struct DataType: Sendable, Hashable {
    /// The types that both dialects have under some name, and the ways to make others.
    public indirect enum Kind: Sendable, Hashable {
        case boolean
        case int16, int32, int64
        case float32, float64
        /// Exact numbers; `parameters` are precision and scale.
        case numeric, bigNumeric
        case text, varchar, char
        case bytes
        case bit, varbit
        case date
        /// Time of day without and with zone.
        case time, timeTZ
        /// Date and time without zone: `timestamp` in PostgreSQL, DATETIME in GoogleSQL.
        case timestamp
        /// A moment: `timestamptz` in PostgreSQL, TIMESTAMP in GoogleSQL.
        case timestampTZ
        case interval
        case json, jsonb
        case uuid
        case geography
        case array(DataType)
        case structure([Field])
        case range(DataType)
        /// Any other, by name.
        case named(QualifiedName)
    }

    /// A field of a struct type.
    public struct Field: Sendable, Hashable {
        public var name: Identifier? = nil
        public var type: DataType
        /// NOT NULL and OPTIONS, in the definition of a table.
        public var constraints: [ColumnConstraint] = []

        public init(name: Identifier? = nil, type: DataType, constraints: [ColumnConstraint] = []) {
            self.name = name
            self.type = type
            self.constraints = constraints
        }
    }

    public var kind: Kind
    /// Length, precision, scale.
    public var parameters: [Int] = []
    /// The fields of `interval day to second`, upper case.
    public var intervalFields: String? = nil
    /// The name as written, where a type has several; used when it is written again in the same dialect.
    public var written: Spelling<String?> = Spelling(nil)
    public var info: NodeInfo = .none

    public init(
        kind: Kind, parameters: [Int] = [], intervalFields: String? = nil, written: Spelling<String?> = Spelling(nil),
        info: NodeInfo = .none
    ) {
        self.kind = kind
        self.parameters = parameters
        self.intervalFields = intervalFields
        self.written = written
        self.info = info
    }
}
