// BatchWriter: how each kind of write changes a table's rows.
import Postgres

/// A batch under the lock of its table.
struct BatchWriter {
    let batch: ModelBatch
    /// The table's, in order.
    let columns: [ColumnDescription]
    let statements: ModelStatements

    /// Whether something of the batch is left in a temporary table.
    var usesTemporaryTable: Bool {
        switch batch.write {
        case .replace, .append: false
        case .replacePartitions, .merge, .history: true
        }
    }

    /// - Returns: How many rows were written.
    func write() async throws -> Int {
        switch batch.write {
        case .replace(let scope): try await replace(scope)
        case .append: try await insert()
        case .replacePartitions(let expressions): try await replacePartitions(expressions)
        case .merge(let merge): try await self.merge(merge)
        case .history(let history): try await follow(history)
        }
    }

    var table: String { batch.table.quoted }

    /// The table's columns, as a list.
    var names: String { list(columns) }

    func list(_ columns: [ColumnDescription], of relation: String? = nil) -> String {
        columns.map { (relation.map { "\($0)." } ?? "") + PostgresQuoting.identifier($0.name) }
            .joined(separator: ", ")
    }

    private func replace(_ scope: RowScope) async throws -> Int {
        let condition = if case .matching(let condition) = scope { " WHERE (\(condition)\n)" } else { "" }
        try await statements.connection.query("DELETE FROM \(sql: table)\(sql: condition)")
        return try await insert(condition)
    }

    private func insert(_ condition: String = "") async throws -> Int {
        try await statements.run(
            batch.query, .query, after: "INSERT INTO \(table) (\(names))\nSELECT \(names) FROM (",
            before: "\n) AS model\(condition)\(order)")
    }

    private var order: String {
        batch.order.isEmpty
            ? "" : " ORDER BY " + batch.order.map { PostgresQuoting.identifier($0) }.joined(separator: ", ")
    }

    private func replacePartitions(_ expressions: [String]) async throws -> Int {
        try await keepRows(columns)
        let own = expressions.map { qualified($0, with: "target") }
        let new = expressions.map { "(\(qualified($0, with: "source")))" }
        let source = Self.rows
        try await statements.connection.query(
            """
            DELETE FROM \(sql: table) AS target
            WHERE (\(sql: own.joined(separator: ", "))) IN
              (SELECT \(sql: new.joined(separator: ", ")) FROM \(sql: source) AS source)
            """)
        // IN finds no NULL; there are few partitions that have one.
        let same = zip(own, new).map { "(\($0)) IS NOT DISTINCT FROM \($1)" }
        let isOpen = new.map { "\($0) IS NULL" }
        try await statements.connection.query(
            """
            DELETE FROM \(sql: table) AS target USING
              (SELECT DISTINCT ON (\(sql: new.joined(separator: ", "))) * FROM \(sql: source) AS source
               WHERE \(sql: isOpen.joined(separator: " OR "))) AS source
            WHERE \(sql: same.joined(separator: " AND "))
            """)
        return try await statements.connection.execute(
            "INSERT INTO \(sql: table) (\(sql: names)) SELECT \(sql: names) FROM \(sql: source)")
    }

    // MARK: Rows on their way

    /// Where ``keepRows(_:ordered:)`` puts them.
    static let rows = "pg_temp.millrace_batch"

    /// Runs the query once, so that its rows can be looked at more than once.
    /// - Parameter ordered: What stands behind the query: which of several rows with one key counts.
    func keepRows(_ columns: [ColumnDescription], distinct: String = "", ordered: String = "") async throws {
        try await statements.run(
            batch.query, .query,
            after: "CREATE TEMPORARY TABLE millrace_batch AS SELECT \(distinct)\(list(columns)) FROM (",
            before: "\n) AS source\(ordered)")
        try await statements.connection.query("ANALYZE \(sql: Self.rows)")
    }

    /// `expression` with a relation before the names of columns.
    func qualified(_ expression: String, with relation: String) -> String {
        ColumnQualifier(Set(columns.map(\.name))).qualified(expression, with: relation)
    }
}
