// Rows that change the rows that have their key.
import Postgres
import SQL

extension BatchWriter {
    func merge(_ merge: RowMerge) async throws -> Int {
        try await keepRows(columns)
        try await refuseRepeated(merge.key)
        let target = "\"target\""
        let source = "\"source\""
        var conditions = merge.key.map { "(\(qualified($0, with: target))) = (\(qualified($0, with: source)))" }
        if let filter = merge.filter { conditions.insert("(\(filter)\n)", at: 0) }
        let assignments = columns.map { column in
            let name = PostgresQuoting.identifier(column.name)
            return "\(name) = \(source).\(name)"
        }
        let matched =
            merge.matched.map { MergeClauses.assigningTarget($0) }
            ?? "WHEN MATCHED THEN UPDATE SET \(assignments.joined(separator: ", "))"
        return try await statements.connection.execute(
            """
            MERGE INTO \(sql: table) AS \(sql: target) USING \(sql: Self.rows) AS \(sql: source)
            ON \(sql: conditions.joined(separator: " AND "))
            \(sql: matched)
            WHEN NOT MATCHED THEN INSERT (\(sql: names)) VALUES (\(sql: list(columns, of: source)))
            """)
    }

    /// Which of two rows with one key would win is nobody's decision, and both would be added where the key is new.
    private func refuseRepeated(_ key: [String]) async throws {
        let values = key.map { "(\(qualified($0, with: "source")))" }
        let repeated = try await statements.connection.query(
            """
            SELECT concat_ws(', ', \(sql: values.map { "\($0)::text" }.joined(separator: ", "))), count(*)
            FROM \(sql: Self.rows) AS source WHERE \(sql: values.map { "\($0) IS NOT NULL" }.joined(separator: " AND "))
            GROUP BY \(sql: values.joined(separator: ", ")) HAVING count(*) > 1 LIMIT 1
            """)
        guard let first = repeated.first else { return }
        let shown: String = try first.get(0)
        let count: Int = try first.get(1)
        throw ModelError(
            part: .query,
            cause: .repeatedKey(key: key.joined(separator: ", "), value: String(shown.prefix(200)), count: count))
    }
}

/// The WHEN clauses of a merge as PostgreSQL takes them.
enum MergeClauses {
    /// `UPDATE SET target.a = …` as `UPDATE SET a = …`: what is set is always the target's, and PostgreSQL wants no name
    /// before it. A text that cannot be read as tokens is left as it is.
    static func assigningTarget(_ clauses: String) -> String {
        guard let tokens = try? tokenize(clauses, dialect: .postgres).tokens else { return clauses }
        let bytes = Array(clauses.utf8)
        var output: [UInt8] = []
        var position = 0
        var depth = 0
        var isAssigning = false
        var startsName = false
        for (index, token) in tokens.enumerated() {
            switch token.kind {
            case .leftParenthesis: depth += 1
            case .rightParenthesis: depth -= 1
            default: break
            }
            if depth == 0, token.keyword == .set || token.keyword == .when { isAssigning = token.keyword == .set }
            if startsName, index + 1 < tokens.count, tokens[index + 1].kind == .dot, isTarget(token, in: clauses) {
                output += bytes[position..<token.range.offsets.lowerBound]
                position = tokens[index + 1].range.offsets.upperBound
            }
            startsName = isAssigning && depth == 0 && (token.keyword == .set || token.kind == .comma)
        }
        return String(decoding: output + bytes[position...], as: UTF8.self)
    }

    private static func isTarget(_ token: Token, in text: String) -> Bool {
        let name = text.sql(in: token.range).lowercased()
        return token.kind == .word && name == "target" || token.kind == .quotedName && name == "\"target\""
    }
}
