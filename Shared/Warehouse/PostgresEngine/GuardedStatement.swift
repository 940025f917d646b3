// GuardedStatement: a reader's query that looks at the size of each row before it sends it.
// libpq holds a whole row, whatever its size, before it hands anything out; so the limit has to hold where the row is made.
import Postgres
import SQL

/// A query as it is sent, and how its errors read back.
struct GuardedStatement: Sendable {
    /// What is sent: the query itself where its rows cannot be large, else the query inside one that checks them.
    let sql: String
    /// Names of the columns' types that only the server knows.
    let typeNames: [PostgresType: String]
    private let limit: Int
    /// Characters in front of the reader's text, and how many that has.
    private let prefix: Int
    private let length: Int

    /// Comes back in the error with which the database refuses a row.
    private static let mark = "millrace row of bytes:"
    /// The longest text of a numeric: 131,072 digits, a point and 16,383 more.
    private static let numericMax = 150_000

    /// Asks the server what columns the query has, when it has a limit.
    /// - Throws: ``WarehouseError`` with the place of a mistake in the query.
    init(_ query: ReadQuery, _ connection: PostgresConnection) async throws {
        var sent = query.sql
        var before = 0
        var names: [PostgresType: String] = [:]
        let text = Self.withoutEnd(query.sql)
        if let rowBytesMax = query.rowBytesMax, Self.isQuery(text) {
            let columns: PostgresColumns
            do {
                columns = try await connection.describe(query.sql)
            } catch {
                throw Self.told(error)
            }
            names = try await Self.names(of: columns, connection)
            if let parts = Self.parts(around: columns, limit: rowBytesMax) {
                sent = parts.before + text + parts.after
                before = parts.before.unicodeScalars.count
            }
        }
        sql = sent
        typeNames = names
        prefix = before
        limit = query.rowBytesMax ?? .max
        length = text.unicodeScalars.count
    }

    /// Asks the server for the names of types that are not known here: its rarer ones, those of extensions, enumerations.
    private static func names(
        of columns: PostgresColumns, _ connection: PostgresConnection
    ) async throws -> [PostgresType: String] {
        let unknown = Set(columns.map(\.type).filter { !$0.isNamed })
        guard !unknown.isEmpty else { return [:] }
        let listed = unknown.map { String($0.rawValue) }.sorted().joined(separator: ", ")
        let rows = try await connection.query(
            "SELECT oid, format_type(oid, NULL) FROM pg_catalog.pg_type WHERE oid IN (\(sql: listed))")
        var names: [PostgresType: String] = [:]
        for row in rows { names[PostgresType(rawValue: try row.get(0))] = try row.get(1) }
        return names
    }

    /// The error in terms of what the reader wrote.
    func failure(_ error: any Error) -> any Error {
        guard var error = error as? PostgresError else { return error }
        if let mark = error.message.range(of: Self.mark) {
            let digits = error.message[mark.upperBound...].prefix { $0.isASCII && $0.isNumber }
            return WarehouseError.rowTooLarge(bytes: Int(digits) ?? .max, limit: limit)
        }
        if let position = error.position, prefix > 0 {
            let own = position - prefix
            error.position = (1...max(1, length)).contains(own) ? own : nil
        }
        return Self.told(error)
    }

    /// Without the context: it shows the inside of functions that the reader may not look into.
    private static func told(_ error: PostgresError) -> WarehouseError {
        var error = error
        error.context = nil
        return WarehouseError(error)
    }

    /// What goes around the query; nil where no column can be large.
    ///
    /// `OFFSET 0` keeps the planner from taking the two queries for one, which could work a large value out twice. The
    /// order of rows is the inner query's, and they come as they are made.
    private static func parts(around columns: PostgresColumns, limit: Int) -> (before: String, after: String)? {
        let names = columns.indices.map { "c\($0)" }
        // A few numbers, however many digits they have, are no large row.
        let looksAtNumbers = columns.count { $0.type == .numeric } * numericMax > limit / 4
        let sizes = zip(names, columns).compactMap { name, column in
            column.type == .numeric && !looksAtNumbers ? nil : size(of: name, column.type)
        }
        guard !sizes.isEmpty else { return nil }
        let outputs = zip(names, columns).map { "\($0) AS \(PostgresQuoting.identifier($1.name))" }
        let sum = sizes.joined(separator: " + ")
        return (
            "SELECT \(outputs.joined(separator: ", ")) FROM (SELECT * FROM (",
            "\n) AS asked OFFSET 0) AS guarded(\(names.joined(separator: ", "))) WHERE CASE WHEN \(sum) <= \(limit) "
                + "THEN true ELSE ('\(mark)' || (\(sum)))::integer IS NULL END"
        )
    }

    /// How long a column's text is, as SQL; nil for what is never longer than a line.
    private static func size(of name: String, _ type: PostgresType) -> String? {
        switch type {
        case .bool, .int2, .int4, .int8, .float4, .float8, .oid, .char, .name, .date, .time, .timetz, .timestamp,
            .timestamptz, .interval, .uuid, .void:
            nil
        // Known without reading the value.
        case .text, .varchar, .bpchar: "coalesce(octet_length(\(name))::bigint, 0)"
        case .bytea: "coalesce(octet_length(\(name))::bigint * 2, 0)"
        default: "coalesce(octet_length(\(name)::text)::bigint, 0)"
        }
    }

    /// The text up to the semicolons and comments that end it. What cannot be read as tokens is left as it is: the
    /// server says what is wrong with it.
    private static func withoutEnd(_ sql: String) -> String {
        guard let tokens = try? tokenize(sql, dialect: .postgres).tokens,
            let last = tokens.last(where: { $0.kind != .semicolon && $0.kind != .endOfText })
        else { return sql }
        return String(decoding: sql.utf8.prefix(Int(last.range.end)), as: UTF8.self)
    }

    /// Whether it is a statement that can stand in FROM: others (SHOW, EXPLAIN) answer with short lines.
    private static func isQuery(_ sql: String) -> Bool {
        guard let tokens = try? tokenize(sql, dialect: .postgres).tokens,
            let first = tokens.first(where: { $0.kind != .leftParenthesis })
        else { return false }
        return ["select", "with", "values", "table"].contains(sql.sql(in: first.range).lowercased())
    }
}
