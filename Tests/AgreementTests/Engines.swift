// Engines: a query's text in, its rows out, on real PostgreSQL and on the BigQuery emulator.
import Curl
import Foundation
import Logging
import Postgres
import SQL
import TestKit

/// Something that runs SQL of its dialect.
protocol Engine: Sendable {
    var dialect: SQLDialect { get }
    func run(_ sql: String) async throws -> ResultTable
}

/// What an engine said against a query.
struct EngineError: Error, CustomStringConvertible {
    var description: String
}

struct PostgresEngine: Engine {
    let connection: PostgresConnection
    let dialect = SQLDialect.postgres

    func run(_ sql: String) async throws -> ResultTable {
        let rows: PostgresRows
        do {
            rows = try await connection.query(PostgresQuery(sql))
        } catch {
            throw EngineError(description: "PostgreSQL: \(error)")
        }
        return ResultTable(
            rows: try rows.map { row in
                try row.columns.indices.map { index in
                    try row.withCell(at: index) { cell in try cell.map(value) ?? .null }
                }
            })
    }

    private func value(_ cell: PostgresCell) throws -> Value {
        if cell.type.element != nil {
            guard let elements = [String?].decode(cell) else { throw unreadable(cell) }
            let type = cell.type.element ?? cell.type
            return .array(try elements.map { try $0.map { try value($0, type) } ?? .null })
        }
        return try value(cell.text, cell.type)
    }

    private func value(_ text: String, _ type: PostgresType) throws -> Value {
        let value: Value? =
            switch type {
            case .bool: .boolean(text == "t")
            case .int2, .int4, .int8: Decimal(string: text).map { .exact($0) }
            case .numeric: text == "NaN" ? .float(.nan) : Decimal(string: text).map { .exact($0) }
            case .float4, .float8: Double(text).map { .float($0) }
            case .date: .date(text)
            case .time: ValueText.time(text).map { .time($0) }
            case .timestamp: ValueText.dateTime(text).map { .dateTime($0) }
            case .timestamptz:
                // Sessions are in UTC.
                ValueText.dateTime(String(text.dropLast(text.hasSuffix("+00") ? 3 : 0))).map { .instant($0) }
            case .interval: ValueText.isoInterval(text)
            case .bytea: .bytes(hexBytes(text))
            case .json, .jsonb: JSONValue(text: text).map { .json($0) }
            default: .text(text)
            }
        guard let value else {
            throw EngineError(description: "PostgreSQL's value \(text) of \(type) is not understood")
        }
        return value
    }

    /// `\xAB01`, the form that sessions of ours ask for.
    private func hexBytes(_ text: String) -> [UInt8] {
        var digits = text.dropFirst(2)
        var bytes: [UInt8] = []
        while !digits.isEmpty {
            bytes.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
            digits = digits.dropFirst(2)
        }
        return bytes
    }

    private func unreadable(_ cell: PostgresCell) -> EngineError {
        EngineError(description: "PostgreSQL's array \(cell.text) is not understood")
    }
}

struct BigQueryEngine: Engine {
    let http: HTTPClient
    let address: String
    let dialect = SQLDialect.bigQuery

    /// Nil without BIGQUERY_EMULATOR_HOST.
    init?() {
        guard let host = ProcessInfo.processInfo.environment["BIGQUERY_EMULATOR_HOST"], !host.isEmpty else {
            return nil
        }
        address = (host.contains("://") ? host : "http://\(host)") + "/bigquery/v2/projects/millrace/queries"
        http = HTTPClient(logger: PostgresTestServer.logger())
    }

    static var isAvailable: Bool { BigQueryEngine() != nil }

    private struct Request: Encodable {
        struct Format: Encodable { let useInt64Timestamp = true }
        let query: String
        let useLegacySql = false
        let maxResults = 10_000
        let formatOptions = Format()
    }

    func run(_ sql: String) async throws -> ResultTable {
        let body = try JSONEncoder().encode(Request(query: sql))
        let response = try await http.send(
            OutgoingRequest(
                "POST", address, headers: [("Content-Type", "application/json")], body: .bytes([UInt8](body))))
        let answer = try JSONDecoder().decode(JSONValue.self, from: Data(response.body))
        // The emulator tells of errors in an answer of status 200.
        if let message = answer["errors"]?.array?.first?["message"]?.string ?? answer["error"]?["message"]?.string {
            throw EngineError(description: "BigQuery emulator: \(message)")
        }
        guard let fields = answer["schema"]?["fields"]?.array else {
            throw EngineError(description: "BigQuery emulator: status \(response.status), no schema in the answer")
        }
        return ResultTable(
            rows: try (answer["rows"]?.array ?? []).map { row in
                try zip(fields, row["f"]?.array ?? []).map { field, cell in
                    try value(cell["v"] ?? .null, type: field["type"]?.string ?? "")
                }
            })
    }

    private func value(_ cell: JSONValue, type: String) throws -> Value {
        switch cell {
        case .null: return .null
        case .array(let items): return .array(try items.map { try self.value($0["v"] ?? .null, type: type) })
        default: break
        }
        let text = cell.string ?? cell.description
        let value: Value? =
            switch type {
            case "BOOLEAN", "BOOL": .boolean(text == "true")
            case "INTEGER", "INT64", "NUMERIC", "BIGNUMERIC": Decimal(string: text).map { .exact($0) }
            case "FLOAT", "FLOAT64": Double(text).map { .float($0) }
            case "DATE": .date(text)
            case "TIME": ValueText.time(text).map { .time($0) }
            case "DATETIME": ValueText.dateTime(text).map { .dateTime($0) }
            case "TIMESTAMP": Int64(text).map { .instant($0) }
            case "INTERVAL": ValueText.bigQueryInterval(text)
            case "BYTES": Data(base64Encoded: text).map { .bytes([UInt8]($0)) }
            case "JSON": JSONValue(text: text).map { .json($0) }
            default: .text(text)
            }
        guard let value else {
            throw EngineError(description: "The emulator's value \(text) of \(type) is not understood")
        }
        return value
    }
}
