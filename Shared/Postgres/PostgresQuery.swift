// PostgresQuery: SQL text and the values bound to its $1, $2 …
// Always: an interpolated value is bound, never pasted into the text; what is pasted has to say so.

/// One statement and the values bound to it.
///
/// Written as a string, its interpolations are bound:
///
///     let query: PostgresQuery = "SELECT name FROM users WHERE id = \(id) AND org = \(org)"   // … id = $1 AND org = $2
///
/// `\(identifier: name)` puts in a quoted name, `\(sql: text)` a piece of SQL as it is. Or write `$1` yourself:
/// `PostgresQuery("SELECT name FROM users WHERE id = $1", [id])`.
///
/// Values travel as text and take the type that the statement gives them; where it gives none (`SELECT \(x)`), cast:
/// `\(x)::bigint`.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text, with `$1`, `$2` … where values are bound.
    public private(set) var sql: String
    /// The values in PostgreSQL's text form; nil is NULL.
    public private(set) var parameters: [String?]

    /// A statement in which `$1` stands for the first value, and so on. The text is taken as it is.
    public init(_ sql: String, _ parameters: [(any PostgresEncodable)?] = []) {
        self.sql = sql
        self.parameters = parameters.map { $0?.postgresText }
    }

    public init(stringLiteral value: String) {
        sql = value
        parameters = []
    }

    public init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        parameters = stringInterpolation.parameters
    }

    /// Joins two pieces into one statement. The second must have come from interpolation: its `$n` are renumbered.
    public static func += (left: inout PostgresQuery, right: PostgresQuery) {
        var joined = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
        joined.sql = left.sql
        joined.parameters = left.parameters
        joined.appendInterpolation(right)
        left.sql = joined.sql
        left.parameters = joined.parameters
    }

    /// The text; bound values are not shown.
    public var description: String { sql }

    /// Collects text and values of a string with interpolations.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        fileprivate var sql: String
        fileprivate var parameters: [String?] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql = ""
            sql.reserveCapacity(literalCapacity + interpolationCount * 3)
        }

        /// Text between interpolations.
        public mutating func appendLiteral(_ literal: String) { sql += literal }

        /// `\(value)`: binds it.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            bind(value.postgresText)
        }

        /// `\(value)`: binds it, or NULL.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            bind(value?.postgresText)
        }

        /// `\(identifier: name)`: a quoted name.
        public mutating func appendInterpolation(identifier name: String) {
            sql += PostgresQuoting.identifier(name)
        }

        /// `\(identifier: schema, name)`: a quoted name in a schema.
        public mutating func appendInterpolation(identifier schema: String, _ name: String) {
            sql += PostgresQuoting.identifier(schema, name)
        }

        /// `\(sql: text)`: SQL as it is. Never with text from outside.
        public mutating func appendInterpolation(sql text: String) { sql += text }

        /// `\(query)`: another query, its values numbered on.
        public mutating func appendInterpolation(_ query: PostgresQuery) {
            var rest = query.sql[...]
            let shift = parameters.count
            while let dollar = rest.firstIndex(of: "$") {
                let digits = rest[rest.index(after: dollar)...].prefix { $0.isASCII && $0.isNumber }
                sql += rest[..<dollar]
                if let number = Int(digits), number <= query.parameters.count {
                    sql += "$\(number + shift)"
                } else {
                    sql += rest[dollar..<digits.endIndex]
                }
                rest = rest[digits.endIndex...]
            }
            sql += rest
            parameters += query.parameters
        }

        private mutating func bind(_ text: String?) {
            parameters.append(text)
            sql += "$\(parameters.count)"
        }
    }
}
