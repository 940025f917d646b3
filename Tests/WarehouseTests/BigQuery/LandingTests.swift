import DataContract
import Foundation
import TestKit
import Testing

@testable import Warehouse

@Suite(
    "Batches land in BigQuery exactly once", .enabled(if: BigQueryTestServer.isAvailable), .serialized,
    .timeLimit(.minutes(20)))
struct LandingTests {
    /// A topic of a test's own; positions, dead letters and landings are shared by all.
    private static func ownContract() -> Contract {
        let name = PostgresTestServer.uniqueName()
        return Contract(
            file: "events.yaml", id: "events", version: "1.0.0", topic: .init(name: name, partitions: 3),
            table: .init(schema: "raw", name: name), tableDescription: "What happened; it's all here",
            properties: [
                Property(name: "id", logicalType: .string, isRequired: true, description: "the event's id"),
                Property(name: "count", logicalType: .integer),
                Property(name: "at", logicalType: .timestamp, isRequired: true),
            ], eventTime: "at", key: "id")
    }

    private func withRaw(_ body: (BigQueryEngine, Contract) async throws -> Void) async throws {
        let engine = BigQueryEngine(bigQueryClient()), contract = Self.ownContract()
        #expect(try await engine.prepareRawTables(for: [contract]) == ["created \(contract.table)"])
        do {
            try await body(engine, contract)
        } catch {
            try await engine.client.deleteTable(contract.table.name, in: contract.table.schema)
            throw error
        }
        try await engine.client.deleteTable(contract.table.name, in: contract.table.schema)
    }

    private func batch(
        _ ids: [String], of contract: Contract, partition: Int32 = 0, expected: Int64?, letters: [DeadLetter] = []
    ) -> RawBatch {
        let first = expected ?? 0
        var rows = RawRows()
        var times = EventTimeRange()
        for (index, id) in ids.enumerated() {
            rows.beginRow(columns: 8)
            rows.append(text: id)
            rows.append(bigint: .max)
            rows.append(timestamp: 1_795_399_780_000_001 + Int64(index))
            times.insert(1_795_399_780_000_001 + Int64(index))
            rows.append(text: contract.topic.name)
            rows.append(integer: partition)
            rows.append(bigint: first + Int64(index))
            rows.append(timestamp: 1_795_399_781_000_000)
            rows.append(json: "{\"extra\":\n[1]}")
        }
        return RawBatch(
            contract: contract, rows: rows, deadLetters: letters,
            sources: [
                .init(
                    partition: partition, expected: expected, first: first,
                    next: first + Int64(ids.count + letters.count),
                    eventTimeMax: times.greatest)
            ], bytes: 100, eventTimes: times)
    }

    private func ids(_ engine: BigQueryEngine, _ contract: Contract) async throws -> [String?] {
        let name = BigQueryQuoting.identifier(contract.table.schema, contract.table.name)
        return try await engine.client.rows("SELECT id FROM \(name) ORDER BY _topic_partition, _offset").map { row in
            row[0].text(.string)
        }
    }

    private func landings(_ engine: BigQueryEngine, _ contract: Contract) async throws -> Int {
        try await engine.client.rows(
            "SELECT id FROM raw._landings WHERE topic = @p1",
            [QueryParameter("p1", .string, .string(contract.topic.name))]
        ).count
    }

    private func stages(_ engine: BigQueryEngine) async throws -> Set<String> {
        Set(try await engine.client.tables(in: RawSchema.staging))
    }

    @Test("rows, dead letters, positions and the landing appear together, as they were")
    func landing() async throws {
        try await withRaw { engine, contract in
            #expect(try await engine.sinkPositions(of: contract.topic.name) == [:])
            let letter = letter(2, topic: contract.topic.name)
            let odd = "é'\"\\\n\u{1}; DROP TABLE x"
            let landing = try await engine.append(batch(["a", odd], of: contract, expected: nil, letters: [letter]))
            #expect(landing.rows == 2 && landing.rejected == 1 && landing.days == ["2026-11-23"])
            #expect(landing.offsets == [.init(partition: 0, first: 0, next: 3)])
            #expect(landing.lowWatermark == 1_795_399_780_000_002)
            #expect(try await engine.sinkPositions(of: contract.topic.name) == [0: 3])
            let name = BigQueryQuoting.identifier(contract.table.schema, contract.table.name)
            let rows = try await engine.client.rows(
                "SELECT id, `count`, `at`, _topic, _topic_partition, _offset, _ingested_at, TO_JSON_STRING(_extra) FROM \(name) ORDER BY _offset"
            )
            #expect(
                rows
                    == [("a", 0), (odd, 1)].map { id, offset in
                        [
                            .string(id), .int64(.max), .timestamp(1_795_399_780_000_001 + offset),
                            .string(contract.topic.name),
                            .int64(0), .int64(offset), .timestamp(1_795_399_781_000_000), .string(#"{"extra":[1]}"#),
                        ]
                    })
            let letters = try await engine.client.rows(
                "SELECT `partition`, `offset`, key, value, message_time, headers FROM raw._dead_letters WHERE topic = @p1",
                [QueryParameter("p1", .string, .string(contract.topic.name))])
            #expect(
                letters.map { Array($0.prefix(5)) } == [
                    [
                        .int64(0), .int64(2), .bytes([0, 255]), .bytes([0xFF, 0xFE, 0]),
                        .timestamp(1_795_399_780_000_000),
                    ]
                ])
            #expect(letters.first?[5].text(.string)?.contains("traceparent") == true)
        }
    }

    @Test("batches follow each other; one that begins elsewhere writes nothing and says which partitions moved")
    func fencing() async throws {
        try await withRaw { engine, contract in
            _ = try await engine.append(batch(["a"], of: contract, expected: nil))
            _ = try await engine.append(batch(["b", "c"], of: contract, expected: 1))
            for wrong in [nil, 0, 1, 4] as [Int64?] {
                let error = await failure { _ = try await engine.append(batch(["x"], of: contract, expected: wrong)) }
                #expect(error == .fenced(topic: contract.topic.name, partitions: [0]))
            }
            #expect(try await ids(engine, contract) == ["a", "b", "c"])
            #expect(try await engine.sinkPositions(of: contract.topic.name) == [0: 3])
            #expect(try await landings(engine, contract) == 2)
            // One of several partitions is enough.
            var both = batch(["d"], of: contract, partition: 1, expected: nil)
            both.sources += [.init(partition: 0, expected: 2, first: 2, next: 3)]
            let error = await failure { _ = try await engine.append(both) }
            #expect(error == .fenced(topic: contract.topic.name, partitions: [0]))
            #expect(try await engine.sinkPositions(of: contract.topic.name) == [0: 3])
            _ = try await engine.append(batch(["d"], of: contract, partition: 1, expected: nil))
            #expect(try await ids(engine, contract) == ["a", "b", "c", "d"])
        }
    }

    @Test("a batch of dead letters alone, and one of nothing, move positions, too")
    func withoutRows() async throws {
        try await withRaw { engine, contract in
            let landing = try await engine.append(
                batch([], of: contract, expected: nil, letters: [letter(0, topic: contract.topic.name)]))
            #expect(landing.rows == 0 && landing.rejected == 1 && landing.days == [] && landing.eventTimeMin == nil)
            var empty = batch([], of: contract, expected: 1)
            empty.sources = [.init(partition: 0, expected: 1, first: 1, next: 9)]
            _ = try await engine.append(empty)
            #expect(try await engine.sinkPositions(of: contract.topic.name) == [0: 9])
            #expect(try await ids(engine, contract) == [])
        }
    }

    static let calls = [
        ".*/upload/.*", "/bigquery/v2/projects/millrace/jobs", "/bigquery/v2/projects/millrace/queries/.*",
    ]

    /// Before the work, after it, and in place of it.
    static let faults = [FaultTests.passing[0], FaultTests.passing[1], FaultTests.passing[5]]

    @Test("whatever is lost on the way, the batch is there once", arguments: faults, calls)
    func losses(fault: FaultTests.Fault, call: String) async throws {
        try await withRaw { direct, contract in
            let method = call.contains("queries") ? "GET" : "POST"
            let google = try await GoogleDouble(
                [fault.rule(method, call), fault.rule(method, call)], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            let landing = try await engine.append(batch(["a", "b"], of: contract, expected: nil))
            #expect(landing.rows == 2)
            #expect(try await ids(direct, contract) == ["a", "b"])
            #expect(try await direct.sinkPositions(of: contract.topic.name) == [0: 2])
            #expect(try await landings(direct, contract) == 1)
        }
    }

    @Test("a sink that dies after the transaction finds its batch landed, and writes it no second time")
    func dying() async throws {
        try await withRaw { direct, contract in
            let google = try await GoogleDouble(
                [.init(method: "POST", path: "/bigquery/v2/projects/millrace/jobs", action: "lose")]
                    + [.failure("POST", "/bigquery/v2/projects/millrace/jobs", 400, "invalid", times: 99)],
                emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            let error = await failure { _ = try await engine.append(batch(["a"], of: contract, expected: nil)) }
            #expect(error != nil)
            #expect(try await direct.sinkPositions(of: contract.topic.name) == [0: 1])
            let again = await failure { _ = try await direct.append(batch(["a"], of: contract, expected: nil)) }
            #expect(again == .fenced(topic: contract.topic.name, partitions: [0]))
            #expect(try await ids(direct, contract) == ["a"])
        }
    }

    private static func failed(_ message: String) -> String {
        #"{"status":{"state":"DONE","errorResult":{"reason":"invalidQuery","message":"\#(message)"}}}"#
    }

    private static let jobs = "/bigquery/v2/projects/millrace/jobs"

    @Test("a script that fails after its commit has landed; one before it has not, and says why")
    func failing() async throws {
        try await withRaw { direct, contract in
            let google = try await GoogleDouble(
                [
                    .init(method: "POST", path: Self.jobs, action: "spoil", body: Self.failed("Out of luck"))
                ], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            let landing = try await engine.append(batch(["a"], of: contract, expected: nil))
            #expect(landing.rows == 1)
            #expect(try await ids(direct, contract) == ["a"])
            try await google.follow([.answer("POST", Self.jobs, 200, Self.failed("Out of luck"))])
            let error = await failure { _ = try await engine.append(batch(["b"], of: contract, expected: 1)) }
            #expect(error == .invalidStatement(reason: "Out of luck", position: nil))
            #expect(try await ids(direct, contract) == ["a"])
            #expect(try await landings(direct, contract) == 1)
        }
    }

    @Test("a script that was cancelled for another's sake is run again, and finds what the other did")
    func conflicts() async throws {
        try await withRaw { direct, contract in
            let conflict = Self.failed("Transaction is aborted due to concurrent update against table x")
            let google = try await GoogleDouble(
                [.answer("POST", Self.jobs, 200, conflict)], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            _ = try await engine.append(batch(["a"], of: contract, expected: nil))
            #expect(try await ids(direct, contract) == ["a"])
            try await google.follow([.answer("POST", Self.jobs, 200, conflict)])
            _ = try await direct.append(batch(["b"], of: contract, expected: 1))
            let error = await failure { _ = try await engine.append(batch(["x"], of: contract, expected: 1)) }
            #expect(error == .fenced(topic: contract.topic.name, partitions: [0]))
            #expect(try await ids(direct, contract) == ["a", "b"])
        }
    }

    @Test("a row that BigQuery does not take is told as one; nothing lands")
    func refusedRows() async throws {
        try await withRaw { direct, contract in
            let refused = #"{"status":{"state":"DONE","errorResult":{"reason":"invalid","message":"no such number"}}}"#
            let google = try await GoogleDouble(
                [.answer("POST", ".*/upload/.*", 200, refused)], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            let error = await failure { _ = try await engine.append(batch(["a"], of: contract, expected: nil)) }
            #expect(error == .rowRefused(row: nil, column: nil, reason: "no such number"))
            #expect(try await direct.sinkPositions(of: contract.topic.name) == [:])
            #expect(try await ids(direct, contract) == [])
        }
    }

    @Test("of many sinks that land the same offsets at once, one does, and the others are fenced off")
    func racing() async throws {
        try await withRaw { engine, contract in
            _ = try await engine.append(batch(["a"], of: contract, expected: nil))
            let outcomes = await withTaskGroup(of: WarehouseError?.self) { group in
                for number in 0..<6 {
                    let batch = batch(["b\(number)", "c\(number)"], of: contract, expected: 1)
                    group.addTask { await failure { _ = try await engine.append(batch) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 1)
            #expect(outcomes.count { $0 == .fenced(topic: contract.topic.name, partitions: [0]) } == 5)
            let ids = try await ids(engine, contract).compactMap { $0 }
            #expect(ids.count == 3 && Set(ids.suffix(2).map { $0.dropFirst() }).count == 1)
            #expect(try await engine.sinkPositions(of: contract.topic.name) == [0: 3])
            #expect(try await landings(engine, contract) == 2)
        }
    }

    @Test("a task that is cancelled before its script is taken lands nothing, and leaves nothing on its way")
    func cancelling() async throws {
        try await withRaw { direct, contract in
            let google = try await GoogleDouble(
                [
                    .init(method: "POST", path: Self.jobs, action: "hang"),
                    .answer("POST", Self.jobs + "/.*/cancel", 200, "{}"),
                ], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            let first = batch(["a"], of: contract, expected: nil)
            let task = Task { try await engine.append(first) }
            while !(try await google.seen().contains { $0.path == Self.jobs }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            let error = await failure { _ = try await task.value }
            #expect(error == .cancelled)
            let stage = try #require(try await google.seen().first { $0.method == "DELETE" }).path
            #expect(try await stages(direct).contains { stage.hasSuffix("/\($0)") } == false)
            #expect(try await direct.sinkPositions(of: contract.topic.name) == [:])
            _ = try await engine.append(batch(["a"], of: contract, expected: nil))
            #expect(try await ids(direct, contract) == ["a"])
        }
    }

    @Test("what was on its way is taken away, whatever came of it")
    func staging() async throws {
        try await withRaw { engine, contract in
            let google = try await GoogleDouble(emulator: BigQueryTestServer.address)
            let own = BigQueryEngine(bigQueryClient(at: google.address))
            _ = try await own.append(
                batch(["a"], of: contract, expected: nil, letters: [letter(1, topic: contract.topic.name)]))
            _ = await failure { _ = try await own.append(batch(["a"], of: contract, expected: nil)) }
            let dropped = try await google.seen().filter { $0.method == "DELETE" }.map(\.path)
            #expect(dropped.count == 3)
            let left = try await stages(engine)
            #expect(dropped.allSatisfy { path in !left.contains { path.hasSuffix("/\($0)") } })
        }
    }

    @Test("tables are made once, and gain what a contract gains; what cannot be mended is told, and left")
    func tables() async throws {
        try await withRaw { engine, contract in
            let second = try await engine.prepareRawTables(for: [contract])
            #expect(second == [])
            // What every batch changes is there before the first one.
            let guardRows = try await engine.client.rows("SELECT next_offset FROM raw._sink_offsets WHERE topic = ''")
            #expect(!guardRows.isEmpty)
            func changed(_ properties: [Property]) -> Contract {
                Contract(
                    file: contract.file, id: contract.id, version: "2", topic: contract.topic, table: contract.table,
                    properties: properties, eventTime: "at", key: "id")
            }
            let at = Property(name: "at", logicalType: .timestamp, isRequired: true)
            let id = Property(name: "id", logicalType: .string, isRequired: true)
            let wider = changed([
                id, Property(name: "count", logicalType: .integer), at, Property(name: "note", logicalType: .string),
            ])
            #expect(try await engine.prepareRawTables(for: [wider]) == ["added \(contract.table).note"])
            #expect(try await engine.prepareRawTables(for: [wider]) == [])
            let other = changed([id, Property(name: "count", logicalType: .string), at])
            let error = await failure { _ = try await engine.prepareRawTables(for: [other]) }
            #expect(
                error
                    == .incompatibleTable(
                        table: "\(contract.table)", differences: ["column count is INT64 and the contract wants STRING"]
                    ))
        }
    }
}
