/// A relation of a warehouse by its two names, without quotes.
public struct RelationPath: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The schema (BigQuery: the dataset).
    public let schema: String
    /// The name in it.
    public let name: String

    /// A relation of a schema.
    public init(_ schema: String, _ name: String) {
        self.schema = schema
        self.name = name
    }

    /// `schema.name`, for people and messages.
    public var description: String { "\(schema).\(name)" }

    /// Both names in the dialect's quotes, whatever is in them.
    public func quoted(in dialect: SQLDialect) -> String {
        var writer = SQLWriter(dialect: dialect, style: .oneLine)
        writer.quoted(schema)
        writer.write(".")
        writer.quoted(name)
        return writer.text
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.schema, left.name) < (right.schema, right.name)
    }
}
