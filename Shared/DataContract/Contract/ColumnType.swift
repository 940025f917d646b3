/// The type of a raw table's column, in PostgreSQL's words.
public enum ColumnType: Sendable, Hashable, CustomStringConvertible {
    case text
    /// 8 bytes.
    case bigint
    /// 4 bytes.
    case integer
    /// Exact, of any size.
    case numeric
    /// Exact, with at most `precision` digits, `scale` of them after the point. More than that is refused, not rounded.
    case decimal(precision: Int, scale: Int)
    case double
    case boolean
    /// Microseconds, UTC.
    case timestamptz
    case date
    case jsonb

    /// As PostgreSQL's DDL spells it.
    public var description: String {
        switch self {
        case .text: "text"
        case .bigint: "bigint"
        case .integer: "integer"
        case .numeric: "numeric"
        case .decimal(let precision, let scale): "numeric(\(precision),\(scale))"
        case .double: "double precision"
        case .boolean: "boolean"
        case .timestamptz: "timestamptz"
        case .date: "date"
        case .jsonb: "jsonb"
        }
    }

    /// The type's name without its parameters.
    var family: String {
        if case .decimal = self { "numeric" } else { description }
    }

    /// Reads `numeric(18, 2)`, `timestamptz`, `int8` …; nil for a type that raw tables do not have.
    public init?(_ text: some StringProtocol) {
        let words = text.lowercased().filter { !$0.isWhitespace }
        if let known = Self.spellings[words] {
            self = known
            return
        }
        guard words.hasSuffix(")"), let open = words.firstIndex(of: "("),
            ["numeric", "decimal"].contains(words[..<open])
        else { return nil }
        let numbers = words[words.index(after: open)...].dropLast().split(separator: ",").map { Int($0) }
        guard let precision = numbers.first ?? nil, (1...1000).contains(precision), numbers.count <= 2 else {
            return nil
        }
        guard let scale = numbers.count == 2 ? numbers[1] : 0, (0...precision).contains(scale) else { return nil }
        self = .decimal(precision: precision, scale: scale)
    }

    private static let spellings: [String: ColumnType] = [
        "text": .text, "bigint": .bigint, "int8": .bigint, "integer": .integer, "int": .integer, "int4": .integer,
        "numeric": .numeric, "decimal": .numeric, "doubleprecision": .double, "float8": .double, "double": .double,
        "boolean": .boolean, "bool": .boolean, "timestamptz": .timestamptz, "timestampwithtimezone": .timestamptz,
        "date": .date, "jsonb": .jsonb,
    ]
}
