/// A dialect of SQL. What makes it is data that tokenizer, parser and generator read.
public struct SQLDialect: Sendable, Hashable, CustomStringConvertible {
    /// `postgres` or `bigquery`, as in SQLMesh's `dialect` property.
    public let name: String
    let traits: DialectTraits

    init(name: String, traits: DialectTraits) {
        self.name = name
        self.traits = traits
    }

    /// The dialect of that name, whatever its case; nil for any but `postgres`, `postgresql`, `bigquery` and
    /// `googlesql`.
    public init?(named name: String) {
        switch name.lowercased() {
        case "postgres", "postgresql": self = .postgres
        case "bigquery", "googlesql": self = .bigQuery
        default: return nil
        }
    }

    public static let postgres = SQLDialect(name: "postgres", traits: .postgres)
    /// GoogleSQL, as BigQuery speaks it.
    public static let bigQuery = SQLDialect(name: "bigquery", traits: .bigQuery)

    public var description: String { name }

    public static func == (left: SQLDialect, right: SQLDialect) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
