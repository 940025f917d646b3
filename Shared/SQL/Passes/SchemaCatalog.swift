/// The columns of tables, as far as they are known: what names of a query are looked up in.
public struct SchemaCatalog: Sendable {
    /// A column of a table.
    public struct Column: Sendable, Hashable {
        public var name: String
        /// Nil when it is not known.
        public var type: DataType.Kind?

        public init(_ name: String, _ type: DataType.Kind? = nil) {
            self.name = name
            self.type = type
        }
    }

    public let dialect: SQLDialect
    /// Tables are found by their whole names alone.
    public let takesWholeNames: Bool
    /// By the folded name, whole and without its first parts; nil where two tables share what is left.
    private var tables: [String: ColumnSet?] = [:]

    /// - Parameter takesWholeNames: A query finds tables by their whole names alone.
    public init(dialect: SQLDialect, takesWholeNames: Bool = false) {
        self.dialect = dialect
        self.takesWholeNames = takesWholeNames
    }

    /// Adds a table or replaces the one of that name. A query finds it by its whole name, or by its last parts where
    /// those tell it from all others.
    public mutating func add(_ name: QualifiedName, columns: [Column]) { add(name, columns, isOpen: false) }

    /// Adds a table that may have more columns than those.
    mutating func addOpen(_ name: QualifiedName, columns: [Column] = []) { add(name, columns, isOpen: true) }

    private mutating func add(_ name: QualifiedName, _ columns: [Column], isOpen: Bool) {
        let keys = name.parts.map { dialect.key($0) }
        let set = ColumnSet(
            table: name,
            columns.map { column in
                let identifier = Identifier(exact: column.name)
                return SourceColumn(key: dialect.key(identifier), name: identifier, type: column.type)
            }, isOpen: isOpen)
        for start in takesWholeNames ? 0..<min(keys.count, 1) : 0..<keys.count {
            let suffix = keys[start...].joined(separator: ".")
            if start > 0, let known = tables[suffix], known?.table.map({ $0.parts.count > 1 && $0 != name }) ?? true {
                tables[suffix] = ColumnSet?.none
            } else {
                tables[suffix] = set
            }
        }
    }

    /// Every table by its whole name, in no order.
    var allTables: [ColumnSet] {
        tables.compactMap { key, columns in
            guard let columns, let name = columns.table else { return nil }
            return name.parts.map { dialect.key($0) }.joined(separator: ".") == key ? columns : nil
        }
    }

    /// Nil when the table is not known.
    func columns(of name: QualifiedName) -> ColumnSet? {
        if name.parts.count == 1, let known = tables[dialect.key(name.parts[0])] { return known }
        let key = name.parts.map { dialect.key($0) }.joined(separator: ".")
        if name.parts.count > 1, let known = tables[key] { return known }
        guard name.last.quoted, key.hasSuffix("*") else { return nil }
        return columns(ofTablesLike: key.dropLast(), named: name)
    }

    /// GoogleSQL's wildcard tables: the columns are those of the newest table, which is the last by name.
    private func columns(ofTablesLike prefix: Substring, named name: QualifiedName) -> ColumnSet? {
        let newest = tables.filter { $0.key.hasPrefix(prefix) && $0.value != nil }.max { $0.key < $1.key }
        guard let found = newest?.value else { return nil }
        return ColumnSet(table: name, found.columns)
    }
}

/// A column that can be named in a query.
struct SourceColumn: Sendable {
    /// The name as names are compared.
    var key: String
    var name: Identifier
    var type: DataType.Kind?
    /// Where its values come from; empty for a column of a table, and where nobody asks.
    var lineage: [LineageEntry] = []
    /// The value is a text constant, which takes the type of what stands beside it.
    var isUntyped = false
}

extension SourceColumn {
    init(key: String, name: Identifier, _ value: Resolved) {
        self.init(key: key, name: name, type: value.type, lineage: value.lineage, isUntyped: value.isUntyped)
    }

    /// The type for whoever reads the column; that of NULL is the dialect's choice.
    func outputType(_ functions: FunctionTraits) -> DataType.Kind? {
        type ?? (isUntyped ? functions.null : nil)
    }

    /// Holds values of `other` too.
    mutating func join(_ other: Resolved) {
        joinType(other.type, isUntyped: other.isUntyped)
        lineage.merge(other.lineage)
    }

    mutating func joinType(_ other: DataType.Kind?, isUntyped otherIsUntyped: Bool) {
        let joined = TypeRules.joined(
            Resolved(type: type, isUntyped: isUntyped), Resolved(type: other, isUntyped: otherIsUntyped))
        type = joined.type
        isUntyped = joined.isUntyped
    }
}

extension [SourceColumn] {
    /// The column that `GROUP BY 2` or `ORDER BY 2` means; nil for another expression.
    func at(ordinal expression: Expression) -> SourceColumn? {
        guard case .literal(let literal) = expression, case .integer(let digits) = literal.value,
            let number = Int(digits), indices.contains(number - 1)
        else { return nil }
        return self[number - 1]
    }
}

/// The columns of a relation.
final class ColumnSet: Sendable {
    /// The table that these are the columns of; nil for those of a subquery and the like.
    let table: QualifiedName?
    let columns: [SourceColumn]
    /// What decides which rows there are.
    let filters: [LineageEntry]
    /// There may be more columns than are known.
    let isOpen: Bool
    /// The table that columns which are not known are of; nil when it may be one of several.
    let rest: QualifiedName?
    /// The rows are structs: `SELECT AS STRUCT`.
    let isStructure: Bool
    /// The first column of each name; nil for few columns, which are gone through.
    private let index: [String: Int]?

    init(
        table: QualifiedName? = nil, _ columns: [SourceColumn], filters: [LineageEntry] = [], isOpen: Bool = false,
        rest: QualifiedName? = nil, isStructure: Bool = false
    ) {
        self.table = table
        self.rest = rest ?? (isOpen ? table : nil)
        self.isStructure = isStructure
        self.isOpen = isOpen
        self.columns = columns
        self.filters = filters
        index =
            columns.count > 8
            ? Dictionary(columns.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first }) : nil
    }

    /// The same columns of fewer rows.
    func filtered(by keys: [LineageEntry]) -> ColumnSet {
        if keys.isEmpty { return self }
        var filters = filters
        filters.merge(keys)
        return ColumnSet(
            table: table, columns, filters: filters, isOpen: isOpen, rest: rest, isStructure: isStructure)
    }

    func position(of key: String) -> Int? {
        if let index { return index[key] }
        return columns.firstIndex { $0.key == key }
    }
}

extension SQLDialect {
    /// The name as names are compared. Like `folded(_:)`, but without work for what is lower case already.
    @inline(__always)
    func key(_ identifier: Identifier) -> String {
        for byte in identifier.name.utf8 where byte < UInt8(ascii: "a") || byte > UInt8(ascii: "z") {
            if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte >= 0x80 { return folded(identifier) }
        }
        return identifier.name
    }
}
