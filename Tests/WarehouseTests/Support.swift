import DataContract
import Logging
import Postgres
import TestKit

@testable import Warehouse

/// A contract of a topic of one's own choice; its table is `raw.events`.
func contract(_ properties: [Property]? = nil, topic: String = "events", table: String = "events") -> Contract {
    Contract(
        file: "events.yaml", id: "events", version: "1.0.0", topic: .init(name: topic, partitions: 3),
        table: .init(schema: "raw", name: table), tableDescription: "What happened; it's all here",
        properties: properties ?? [
            Property(name: "id", logicalType: .string, isRequired: true, description: "the event's id"),
            Property(name: "amount", logicalType: .number),
            Property(name: "at", logicalType: .timestamp, isRequired: true),
        ], eventTime: "at", key: "id")
}

/// An engine over a database of its own, prepared for `contract()`.
func withEngine(
    _ contracts: [Contract] = [contract()],
    _ body: (_ engine: PostgresEngine, _ settings: PostgresSettings) async throws -> Void
) async throws {
    try await withDatabase { settings in
        let engine = PostgresEngine(settings, connectionsMax: 6, logger: PostgresTestServer.logger())
        do {
            _ = try await engine.prepareRawTables(for: contracts)
            try await body(engine, settings)
        } catch {
            await engine.close()
            throw error
        }
        await engine.close()
    }
}

/// Rows with these ids, of one partition.
func batch(
    _ ids: [String?], partition: Int32 = 0, expected: Int64?, first: Int64? = nil, next: Int64? = nil,
    letters: [DeadLetter] = [], contract: Contract = contract()
) -> RawBatch {
    let first = first ?? expected ?? 0
    var rows = RawRows()
    var times = EventTimeRange()
    for (index, id) in ids.enumerated() {
        rows.beginRow(columns: 8)
        if let id { rows.append(text: id) } else { rows.appendNull() }
        rows.append(number: "1.50")
        rows.append(timestamp: 1_795_399_780_000_000 + Int64(index))
        times.insert(1_795_399_780_000_000 + Int64(index))
        rows.append(text: contract.topic.name)
        rows.append(integer: partition)
        rows.append(bigint: first + Int64(index))
        rows.append(timestamp: 1_795_399_781_000_000)
        rows.append(json: #"{"extra":1}"#)
    }
    return RawBatch(
        contract: contract, rows: rows, deadLetters: letters,
        sources: [
            .init(
                partition: partition, expected: expected, first: first,
                next: next ?? first + Int64(ids.count + letters.count), eventTimeMax: times.greatest)
        ], bytes: 100, eventTimes: times)
}

func letter(_ offset: Int64, partition: Int32 = 0, topic: String = "events") -> DeadLetter {
    DeadLetter(
        position: .init(topic: topic, partition: partition, offset: offset), table: "raw.events", reason: "wrong_type",
        field: "amount", message: "no number", key: [0, 255], value: [0xFF, 0xFE, 0],
        headers: [
            .init(name: "traceparent", value: [1, 2]), .init(name: "none", value: nil),
        ], timestamp: 1_795_399_780_000_000, failedAt: 1_795_399_790_000_001)
}

extension RawRows {
    mutating func append(text: String) { Array(text.utf8).withUnsafeBytes { append(text: $0) } }
    mutating func append(number: String) { Array(number.utf8).withUnsafeBytes { append(number: $0) } }
    mutating func append(json: String) { Array(json.utf8).withUnsafeBytes { append(json: $0) } }
}

func failure(_ body: () async throws -> Void) async -> WarehouseError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? WarehouseError
    }
}

extension PostgresEngine {
    /// The first column of a query, as text.
    func texts(_ sql: String) async throws -> [String?] {
        try await pool.query(PostgresQuery(sql, [])).map { $0.text(at: 0) }
    }
}
