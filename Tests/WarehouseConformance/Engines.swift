// Engines: what each engine's tests need that is not the protocol's: a place of their own, and tables in it.
import Foundation
import Postgres
import TestKit
import Testing
import Warehouse

/// An engine that promises are tested on.
enum Engine: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case postgres, bigQuery

    /// Those of which a server is there.
    static var available: [Engine] {
        allCases.filter { $0 == .postgres ? PostgresTestServer.isAvailable : BigQueryTestServer.isAvailable }
    }

    var testDescription: String { rawValue }

    /// How the number'th parameter is written, from 1.
    func parameter(_ number: Int) -> String { self == .postgres ? "$\(number)" : "@p\(number)" }

    /// The name of a type.
    func type(_ type: ColumnType) -> String {
        switch type {
        case .whole: self == .postgres ? "bigint" : "INT64"
        case .text: self == .postgres ? "text" : "STRING"
        case .boolean: self == .postgres ? "boolean" : "BOOL"
        case .date: "DATE"
        case .instant: self == .postgres ? "timestamptz" : "TIMESTAMP"
        case .document: self == .postgres ? "jsonb" : "JSON"
        }
    }
}

enum ColumnType { case whole, text, boolean, date, instant, document }

/// A schema of one test, and its reader.
struct ReaderPlace: Sendable {
    let engine: Engine
    let reader: any ReadableWarehouse
    let schema: String
    /// Runs a statement with all rights.
    let execute: @Sendable (_ sql: String) async throws -> Void

    /// All rows of a query, as text.
    func rows(_ sql: String, _ parameters: [String?] = [], rowBytesMax: Int? = nil) async throws -> [[String?]] {
        try await reader.read(
            ReadQuery(sql, parameters: parameters, timeMax: .seconds(900), rowBytesMax: rowBytesMax)
        ) { result in
            var rows: [[String?]] = []
            for try await row in result.rows { rows.append(row) }
            return rows
        }
    }

    /// Makes `facts`, a table of one column a type, with three rows, and `shown`, a view of it.
    func makeFacts() async throws {
        let columns = [
            ("n", ColumnType.whole), ("t", .text), ("b", .boolean), ("d", .date), ("i", .instant), ("j", .document),
        ]
        let list = columns.map { "\($0.0) \(engine.type($0.1))" }.joined(separator: ", ")
        try await execute("CREATE TABLE \(schema).facts (\(list))")
        let json = engine == .postgres ? "'{\"a\": 1}'" : "JSON '{\"a\": 1}'"
        try await execute(
            """
            INSERT INTO \(schema).facts (n, t, b, d, i, j) VALUES
              (1, 'one', TRUE, '2026-02-28', '2026-02-28 23:59:59.123456+00', \(json)),
              (2, 'zwei é', FALSE, '1969-12-31', '1969-12-31 23:59:59.5+00', NULL),
              (-9223372036854775808, NULL, NULL, NULL, NULL, NULL)
            """)
        try await execute("CREATE VIEW \(schema).shown AS SELECT n, t FROM \(schema).facts")
    }
}

/// Runs `body` with a schema of its own and somebody who may read it.
func withReader(_ engine: Engine, _ body: (ReaderPlace) async throws -> Void) async throws {
    switch engine {
    case .postgres: try await withPostgresReader(body)
    case .bigQuery: try await withBigQueryReader(body)
    }
}

private func withPostgresReader(_ body: (ReaderPlace) async throws -> Void) async throws {
    try await withSchema { pool, schema in
        let reader = PostgresEngine(
            PostgresTestServer.settings(), connectionsMax: 2, logger: PostgresTestServer.logger())
        let place = ReaderPlace(engine: .postgres, reader: reader, schema: schema) { sql in
            _ = try await pool.query(PostgresQuery(sql))
        }
        do {
            try await body(place)
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
    }
}

private func withBigQueryReader(_ body: (ReaderPlace) async throws -> Void) async throws {
    let emulator = BigQueryEmulator(), schema = PostgresTestServer.uniqueName()
    try await emulator.execute("CREATE SCHEMA \(schema)")
    let settings = BigQuerySettings.emulator(at: emulator.address, project: BigQueryTestServer.project)
    let reader = BigQueryEngine(settings, logger: PostgresTestServer.logger())
    let place = ReaderPlace(engine: .bigQuery, reader: reader, schema: schema) { try await emulator.execute($0) }
    do {
        try await body(place)
    } catch {
        await reader.close()
        try await emulator.execute("DROP SCHEMA \(schema) CASCADE")
        throw error
    }
    await reader.close()
    try await emulator.execute("DROP SCHEMA \(schema) CASCADE")
}
