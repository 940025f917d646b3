/// A constant.
public struct Literal: Sendable, Hashable {
    /// What the constant is.
    public enum Value: Sendable, Hashable {
        case null
        case boolean(Bool)
        /// Digits as written: decimal or `0x…`.
        case integer(String)
        /// A number with a point or an exponent, as written.
        case decimal(String)
        case string(String)
        case bytes([UInt8])
        /// The digits of `B'0101'`.
        case bits(String)
        /// DEFAULT, where a value of INSERT or UPDATE may be it.
        case `default`
    }

    public var value: Value
    public var info: NodeInfo = .none

    public init(value: Value, info: NodeInfo = .none) {
        self.value = value
        self.info = info
    }
}

/// A string read as a value of a type: `DATE '2026-11-23'`.
public struct TypedLiteral: Sendable, Hashable {
    public var type: DataType
    public var text: String
    public var info: NodeInfo = .none

    public init(type: DataType, text: String, info: NodeInfo = .none) {
        self.type = type
        self.text = text
        self.info = info
    }
}

/// `INTERVAL '3 days'` (PostgreSQL), `INTERVAL 3 DAY`, `INTERVAL '1-2' YEAR TO MONTH`.
public struct IntervalLiteral: Sendable, Hashable {
    public var value: Expression
    /// Upper case; nil when the text says it all.
    public var from: String? = nil
    /// The second part of `YEAR TO MONTH`.
    public var to: String? = nil
    /// Digits of the seconds: `INTERVAL '1.5' SECOND (3)`.
    public var precision: Int? = nil
    public var info: NodeInfo = .none

    public init(
        value: Expression, from: String? = nil, to: String? = nil, precision: Int? = nil, info: NodeInfo = .none
    ) {
        self.value = value
        self.from = from
        self.to = to
        self.precision = precision
        self.info = info
    }
}

/// `ARRAY[1, 2]`, `[1, 2]`, `ARRAY<INT64>[1]`, `ARRAY(SELECT …)`.
public struct ArrayConstructor: Sendable, Hashable {
    /// Where the elements come from.
    public enum Content: Sendable, Hashable {
        case elements([Expression])
        case query(Query)
    }

    public var content: Content
    /// The element type that the text names.
    public var elementType: DataType? = nil
    /// False for the inner brackets of PostgreSQL's `ARRAY[[1, 2], [3, 4]]`, and for GoogleSQL's bare `[1, 2]`.
    public var hasKeyword: Spelling<Bool> = Spelling(true)
    public var info: NodeInfo = .none

    public init(
        content: Content, elementType: DataType? = nil, hasKeyword: Spelling<Bool> = Spelling(true),
        info: NodeInfo = .none
    ) {
        self.content = content
        self.elementType = elementType
        self.hasKeyword = hasKeyword
        self.info = info
    }
}

/// `(a, b)`, `ROW(a, b)`, `STRUCT(a AS x, b)`.
public struct RowConstructor: Sendable, Hashable {
    /// How the row is written; a structure has named fields.
    public enum Kind: Sendable, Hashable { case tuple, row, structure }

    public var kind: Kind
    public var fields: [SelectItem]
    /// The type of `STRUCT<a INT64>(1)`.
    public var type: DataType? = nil
    public var info: NodeInfo = .none

    public init(kind: Kind, fields: [SelectItem], type: DataType? = nil, info: NodeInfo = .none) {
        self.kind = kind
        self.fields = fields
        self.type = type
        self.info = info
    }
}
