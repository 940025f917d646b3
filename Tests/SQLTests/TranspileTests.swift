import SQL
import Testing

/// A text of one dialect and what it is in the other.
struct TranspileCase: Sendable, CustomTestStringConvertible {
    let from: String
    let to: String
    var testDescription: String { from }

    init(_ from: String, _ to: String) {
        self.from = from
        self.to = to
    }

    /// Checks that `text` becomes `expected`, that the tree written and read again is the same, and that PostgreSQL's
    /// own parser accepts what is written for it.
    static func check(
        _ text: String, _ source: SQLDialect, _ expected: String, _ target: SQLDialect, catalog: SchemaCatalog?
    ) throws {
        let statements = try parseStatements(text, dialect: source)
        let result = try statements.transpiled(from: source, to: target, catalog: catalog)
        let written = result.tree.map { $0.sql(target) }.joined(separator: "; ")
        #expect(written == expected)
        #expect(result.warnings.isEmpty)
        #expect(try parseStatements(written, dialect: target) == result.tree)
        if target == .postgres { #expect(LibpgQuery.error(written) == nil) }
    }
}

@Suite("Queries in the other dialect") struct TranspileTests {
    /// A table `t` with a column of each type, and two more to join.
    static func catalog(_ dialect: SQLDialect) -> SchemaCatalog {
        var catalog = SchemaCatalog(dialect: dialect)
        catalog.add(
            QualifiedName("t"),
            columns: [
                .init("i", .int64), .init("j", .int64), .init("x", .float64), .init("n", .numeric), .init("s", .text),
                .init("b", .boolean), .init("d", .date), .init("ts", .timestamp), .init("tz", .timestampTZ),
                .init("a", .array(DataType(kind: .int64))),
                .init("js", dialect == .postgres ? .jsonb : .json), .init("by", .bytes),
            ])
        catalog.add(QualifiedName("u"), columns: [.init("id", .int64), .init("i", .int64), .init("name", .text)])
        return catalog
    }

    static let toBigQuery: [TranspileCase] = [
        .init("SELECT COALESCE(i, 0) FROM t", "SELECT COALESCE(i, 0) FROM t"),
        .init("SELECT bool_and(b) FROM t", "SELECT LOGICAL_AND(b) FROM t"),
    ]

    static let toPostgres: [TranspileCase] = [
        .init("SELECT IFNULL(i, 0), IF(b, 1, 2) FROM t", "SELECT COALESCE(i, 0), CASE WHEN b THEN 1 ELSE 2 END FROM t"),
        .init("SELECT COUNTIF(b) FROM t", "SELECT COUNT(*) FILTER (WHERE b) FROM t"),
    ]

    @Test("from PostgreSQL to GoogleSQL", arguments: toBigQuery) func bigQuery(one: TranspileCase) throws {
        try TranspileCase.check(one.from, .postgres, one.to, .bigQuery, catalog: Self.catalog(.postgres))
    }

    @Test("from GoogleSQL to PostgreSQL", arguments: toPostgres) func postgres(one: TranspileCase) throws {
        try TranspileCase.check(one.from, .bigQuery, one.to, .postgres, catalog: Self.catalog(.bigQuery))
    }
}
