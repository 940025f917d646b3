// Engines: what each engine's tests need that is not the protocol's: a place of their own, and tables in it.
import DataContract
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

/// A raw table of one test, and its topic.
struct RawPlace: Sendable {
    let engine: Engine
    let warehouse: any RawWarehouse
    let reader: any ReadableWarehouse
    let contract: Contract

    /// The first column of a query, as text.
    func texts(_ sql: String) async throws -> [String?] {
        try await reader.read(ReadQuery(sql, timeMax: .seconds(900))) { result in
            var values: [String?] = []
            for try await row in result.rows { values.append(row[0]) }
            return values
        }
    }

    /// Position and id of each row: `0/5 a`.
    func landed() async throws -> [String] {
        let partition = engine == .postgres ? "_partition" : "_topic_partition"
        let text = engine == .postgres ? "text" : "STRING"
        return try await texts(
            """
            SELECT CONCAT(CAST(\(partition) AS \(text)), '/', CAST(_offset AS \(text)), ' ', id) AS name
            FROM \(contract.table) ORDER BY \(partition), _offset
            """
        ).compactMap { $0 }
    }

    /// Messages as a batch: what breaks the contract becomes a dead letter.
    func batch(
        _ messages: [String], partition: Int32 = 0, expected: Int64?, first: Int64? = nil, next: Int64? = nil,
        under contract: Contract? = nil
    ) -> RawBatch {
        let contract = contract ?? self.contract, first = first ?? expected ?? 0
        let decoder = RecordDecoder(contract)
        var rows = RawRows()
        var letters: [DeadLetter] = []
        var times = EventTimeRange()
        let ingestedAt = Int64(Date().timeIntervalSince1970 * 1_000_000)
        for (index, message) in messages.enumerated() {
            let offset = first + Int64(index), value = Array(message.utf8)
            let position = MessagePosition(partition: partition, offset: offset, ingestedAt: ingestedAt)
            switch value.withUnsafeBytes({ decoder.decode($0, at: position, into: &rows) }) {
            case .row(let time): if let time { times.insert(time) }
            case .rejected(let rejection):
                letters.append(
                    DeadLetter(
                        position: .init(topic: contract.topic.name, partition: partition, offset: offset),
                        table: "\(contract.table)", reason: rejection.reason.rawValue, field: rejection.field,
                        message: rejection.message, key: [0, 255], value: value,
                        headers: [.init(name: "h", value: [1, 0, 2]), .init(name: "none", value: nil)],
                        timestamp: Self.now - 1_000, failedAt: Self.now + offset))
            }
        }
        let source = RawBatch.Source(
            partition: partition, expected: expected, first: first, next: next ?? first + Int64(messages.count),
            eventTimeMax: times.greatest)
        return RawBatch(
            contract: contract, rows: rows, deadLetters: letters, sources: [source],
            bytes: messages.reduce(0) { $0 + $1.utf8.count }, eventTimes: times)
    }

    /// 2026-11-23 10:00:00.000001 UTC: the time of every event.
    static let now: Int64 = 1_795_428_000_000_001

    static func message(_ id: String) -> String { #"{"id":"\#(id)","at":"2026-11-23T10:00:00.000001Z"}"# }

    /// The same topic and table under other properties.
    func contract(_ properties: [Property], table: Contract.TableName? = nil, retention: Duration? = nil) -> Contract {
        Contract(
            file: contract.file, id: contract.id, version: "2.0.0", topic: contract.topic,
            table: table ?? contract.table, properties: properties, eventTime: "at", rowRetention: retention)
    }
}

/// Runs `body` with a topic and a raw table of its own.
func withRaw(_ engine: Engine, _ body: (RawPlace) async throws -> Void) async throws {
    let name = PostgresTestServer.uniqueName()
    let contract = Contract(
        file: "contracts/t.yaml", id: name, version: "1.0.0", topic: .init(name: name, partitions: 3),
        table: .init(schema: "raw", name: name), tableDescription: "What happened; it's all here",
        properties: [
            Property(name: "id", logicalType: .string, isRequired: true),
            Property(name: "amount", logicalType: .number, columnType: .decimal(precision: 12, scale: 2)),
            Property(name: "at", logicalType: .timestamp, isRequired: true),
        ], eventTime: "at")
    switch engine {
    case .postgres:
        try await withDatabase { settings in
            let warehouse = PostgresEngine(settings, connectionsMax: 4, logger: PostgresTestServer.logger())
            try await use(warehouse, .postgres, contract, body)
        }
    case .bigQuery:
        let settings = BigQuerySettings.emulator(
            at: BigQueryTestServer.address ?? "", project: BigQueryTestServer.project)
        try await use(
            BigQueryEngine(settings, logger: PostgresTestServer.logger()), .bigQuery, contract
        ) { place in
            try await body(place)
            try await BigQueryEmulator().execute("DROP TABLE IF EXISTS \(contract.table)")
        }
    }
}

private func use(
    _ warehouse: some RawWarehouse & ReadableWarehouse, _ engine: Engine, _ contract: Contract,
    _ body: (RawPlace) async throws -> Void
) async throws {
    do {
        try await body(RawPlace(engine: engine, warehouse: warehouse, reader: warehouse, contract: contract))
    } catch {
        await warehouse.close()
        throw error
    }
    await warehouse.close()
}
