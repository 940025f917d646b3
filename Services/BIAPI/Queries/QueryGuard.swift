import SQL

// QueryGuard: what the SQL page sends to the database at all.
// Always: one statement, and a query; no function that changes anything, also none that no transaction undoes. The role
// and the read-only transaction that it runs in are the lock; this is the door, which says why it is shut.

/// Checks a statement before it is sent.
struct QueryGuard: Sendable {
    let functions: FunctionRules

    /// - Throws: ``QueryFailure`` with the place in the text.
    func check(_ sql: String) async throws(QueryFailure) {
        try Self.refuseOtherStatements(sql)
        let tree: Query
        do throws(SQLError) {
            let statements = try parseStatements(sql, dialect: .postgres, options: ParseOptions(comments: false))
            guard let first = statements.first else { throw SQLError(.syntax, "There is no statement here.") }
            guard statements.count == 1 else {
                throw SQLError(
                    .syntax, "One statement at a time: select the one to run.", at: statements[1].range, in: sql)
            }
            guard case .query(let query) = first else {
                throw SQLError(.syntax, "Only queries can be run here: SELECT, WITH, VALUES or TABLE.", in: sql)
            }
            tree = query
        } catch {
            throw Self.failure(error.placed(in: sql), in: sql)
        }
        try Self.refuseChanges(in: tree)
        try Self.refuseSystemTables(in: tree, sql)
        try await functions.check(sql)
    }

    /// What does not begin like a query gets an answer in plain words.
    private static func refuseOtherStatements(_ sql: String) throws(QueryFailure) {
        let tokens: ContiguousArray<Token>
        do throws(SQLError) {
            tokens = try tokenize(sql, dialect: .postgres).tokens
        } catch {
            throw failure(error.placed(in: sql), in: sql)
        }
        guard let first = tokens.first(where: { $0.kind != .leftParenthesis && $0.kind != .semicolon }),
            first.kind == .word
        else { return }
        if let parameter = tokens.first(where: { $0.kind == .parameter }) {
            throw QueryFailure(
                code: .refused,
                message: "There is no value for \(sql.sql(in: parameter.range)) here: write the value itself.",
                position: characters(before: parameter.range, in: sql))
        }
        let word = sql.sql(in: first.range).lowercased()
        guard !["select", "with", "values", "table"].contains(word) else { return }
        throw QueryFailure(
            code: .refused, message: "Only queries can be run here: SELECT, WITH, VALUES or TABLE, not \(word).",
            position: characters(before: first.range, in: sql))
    }

    /// The catalogue of the database shows what others do; the schema browser shows what can be read.
    private static func refuseSystemTables(in query: Query, _ sql: String) throws(QueryFailure) {
        for table in query.tableReferences() {
            let parts = table.name.parts.map { $0.quoted ? $0.name : $0.name.lowercased() }
            let isSystem =
                parts.dropLast().contains { $0.hasPrefix("pg_") } || (parts.count == 1 && parts[0].hasPrefix("pg_"))
            guard isSystem else { continue }
            throw QueryFailure(
                code: .refused, message: "The database's own tables cannot be read here (\(table.name)).",
                position: characters(before: table.name.range, in: sql))
        }
    }

    /// A WITH clause may hold a changing statement.
    private static func refuseChanges(in query: Query) throws(QueryFailure) {
        for table in query.with?.tables ?? [] {
            guard let inner = table.query else {
                throw QueryFailure(code: .refused, message: "Only queries can be run here; \(table.name) changes data.")
            }
            try refuseChanges(in: inner)
        }
    }

    private static func failure(_ error: SQLError, in sql: String) -> QueryFailure {
        var message = error.message
        if !error.expected.isEmpty { message += " Expected \(error.expected.joined(separator: ", "))." }
        return QueryFailure(code: .refused, message: message, position: characters(before: error.range, in: sql))
    }

    /// Positions count characters from 1, as the database's do.
    static func characters(before range: SourceRange, in sql: String) -> Int? {
        guard !range.isNone else { return nil }
        let start = min(Int(range.start), sql.utf8.count)
        return String(decoding: sql.utf8.prefix(start), as: UTF8.self).unicodeScalars.count + 1
    }
}
