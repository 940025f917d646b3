import Curl
import DataContract
import Foundation
import TestKit
import Testing

@testable import Warehouse

/// What of the raw side only BigQuery has; the rest is in `WarehouseConformance`.
@Suite(
    "The raw side on BigQuery", .enabled(if: BigQueryTestServer.isAvailable), .serialized, .timeLimit(.minutes(20)))
struct BigQueryRawTests {
    private static let jobs = "/bigquery/v2/projects/millrace/jobs"
    private static let properties = [
        Property(name: "id", logicalType: .string, isRequired: true),
        Property(name: "at", logicalType: .timestamp, isRequired: true),
    ]

    private func contract(_ name: String, retention: Duration? = nil, unique: Bool = false) -> Contract {
        Contract(
            file: "t.yaml", id: name, version: "1", topic: .init(name: name, partitions: 3),
            table: .init(schema: "raw", name: name), properties: Self.properties, eventTime: "at",
            rowRetention: retention, uniqueWindow: unique ? .init(column: "id", window: .seconds(60)) : nil)
    }

    private func withRaw(_ body: (BigQueryEngine, Contract) async throws -> Void) async throws {
        let engine = BigQueryEngine(bigQueryClient()), contract = contract(PostgresTestServer.uniqueName())
        _ = try await engine.prepareRawTables(for: [contract])
        try await body(engine, contract)
        try await engine.client.deleteTable(contract.table.name, in: contract.table.schema)
    }

    /// Messages, whose ids count from `first`, as a batch.
    private func batch(
        _ offsets: Range<Int64>, of contract: Contract, partition: Int32 = 0, expected: Int64?
    ) -> RawBatch {
        var rows = RawRows()
        var times = EventTimeRange()
        let decoder = RecordDecoder(contract)
        for offset in offsets {
            let value = Array(#"{"id":"\#(offset)","at":"2026-11-23T10:00:\#(10 + offset % 50)Z"}"#.utf8)
            let position = MessagePosition(partition: partition, offset: offset, ingestedAt: 1_795_428_100_000_000)
            let outcome = value.withUnsafeBytes { decoder.decode($0, at: position, into: &rows) }
            if case .row(let time?) = outcome { times.insert(time) }
        }
        return RawBatch(
            contract: contract, rows: rows, deadLetters: [],
            sources: [
                .init(
                    partition: partition, expected: expected, first: offsets.lowerBound, next: offsets.upperBound,
                    eventTimeMax: times.greatest)
            ], bytes: 10, eventTimes: times)
    }

    private func letters(_ offsets: Range<Int64>, of contract: Contract) -> [DeadLetter] {
        offsets.map { offset in
            DeadLetter(
                position: .init(topic: contract.topic.name, partition: 0, offset: offset), table: "\(contract.table)",
                reason: "wrong_type", field: nil, message: "no", key: nil,
                value: Array(#"{"id":"\#(offset)","at":"2026-11-23T10:00:00Z"}"#.utf8), headers: [], timestamp: nil,
                failedAt: 1_795_428_100_000_000)
        }
    }

    private func count(_ engine: BigQueryEngine, _ sql: String) async throws -> Int64? {
        try await engine.client.rows(sql).first?.first?.int64
    }

    @Test("a partition that gets nothing holds back no low watermark")
    func idlePartition() async throws {
        try await withRaw { engine, contract in
            let topic = contract.topic.name
            func land(_ partition: Int32, _ first: Int64, expected: Int64?) async throws -> Int64? {
                let batch = batch(first..<first + 1, of: contract, partition: partition, expected: expected)
                return try await engine.append(batch).lowWatermark.map { $0 / 1_000_000 - 1_795_428_000 }
            }
            #expect(try await land(0, 5, expected: nil) == 15)
            #expect(try await land(1, 20, expected: nil) == 15)
            try await engine.noteEnds(of: topic, at: [0: 6])
            #expect(try await land(1, 21, expected: 21) == 15, "something landed of it just now")
            func change(_ change: String) async throws {
                _ = try await engine.client.rows("UPDATE raw._sink_offsets SET \(change) WHERE topic = '\(topic)'")
            }
            let old = "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)"
            try await change("updated_at = \(old), at_end_at = NULL")
            try await engine.noteEnds(of: topic, at: [0: 5])
            #expect(try await land(1, 22, expected: 22) == 15, "it was noted at another position")
            try await engine.noteEnds(of: topic, at: [0: 6])
            #expect(try await land(1, 23, expected: 23) == 33)
            try await change("at_end_at = \(old)")
            #expect(try await land(1, 24, expected: 24) == 15, "nobody has looked at it lately")
        }
    }

    @Test("landings that were told of long ago are forgotten, an hour apart at most")
    func forgetting() async throws {
        try await withRaw { engine, contract in
            let (one, two) = (
                try await engine.append(batch(0..<1, of: contract, expected: nil)),
                try await engine.append(batch(1..<2, of: contract, expected: 1))
            )
            func kept() async throws -> Int64? {
                try await count(engine, "SELECT COUNT(*) FROM raw._landings WHERE topic = '\(contract.topic.name)'")
            }
            try await engine.markPublished([one.id], keeping: .seconds(3_600))
            try await engine.markPublished([two.id], keeping: .seconds(3_600))
            _ = try await engine.client.rows(
                """
                UPDATE raw._landings SET published_at = TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 2 HOUR)
                WHERE topic = '\(contract.topic.name)'
                """)
            try await engine.markPublished([], keeping: .seconds(3_600))
            #expect(try await kept() == 2, "it has looked a moment ago")
            try await BigQueryEngine(engine.client).markPublished([], keeping: .seconds(3_600))
            #expect(try await kept() == 0)
            let sweep = Sweep(), now = ContinuousClock.now
            #expect(sweep.isDue(every: .seconds(10), at: now))
            #expect(!sweep.isDue(every: .seconds(10), at: now + .seconds(9)))
            #expect(sweep.isDue(every: .seconds(10), at: now + .seconds(10)))
        }
    }

    @Test("bookkeeping of an older version gains its columns, and what is there is not asked to be made")
    func bookkeeping() async throws {
        try await withRaw { direct, contract in
            let google = try await GoogleDouble(
                [
                    .answer(
                        "GET", ".*/datasets/raw/tables/_replays", 200,
                        #"{"tableReference":{"projectId":"millrace","datasetId":"raw","tableId":"_replays"},"schema":{"fields":[{"name":"topic","type":"STRING"}]}}"#
                    ), .answer("PATCH", ".*/datasets/raw/tables/_replays", 200, "{}"),
                ], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            #expect(try await engine.prepareRawTables(for: [contract]) == [])
            let changes = try await google.seen().filter { $0.method != "GET" && $0.path != Self.jobs }
            #expect(changes.map(\.method) == ["PATCH"])
            let schema = try JSONDecoder().decode(Table.self, from: Data((changes.first?.body ?? "").utf8)).schema
            #expect(
                schema?.fields?.map(\.name) == [
                    "topic", "raw_table", "partition", "next_offset", "updated_at", "batch",
                ])
            #expect(schema?.fields?.allSatisfy { $0.mode != "REQUIRED" } == true)
        }
    }

    @Test("rows are kept for as long as the contract says, also after it has changed")
    func retention() async throws {
        try await withRaw { engine, contract in
            let table = contract.table.name
            func expiry() async throws -> String? {
                try await engine.client.table(table, in: "raw")?.timePartitioning?.expirationMs
            }
            let month = self.contract(table, retention: .seconds(30 * 86_400))
            let before = try await expiry()
            #expect(before == nil)
            #expect(try await engine.maintainRawTables(of: [month]) == ["\(contract.table) keeps rows 30 days"])
            #expect(try await expiry() == "2592000000")
            #expect(try await engine.maintainRawTables(of: [month]) == [])
            let week = self.contract(table, retention: .seconds(7 * 86_400))
            #expect(try await engine.prepareRawTables(for: [week]) == ["\(contract.table) keeps rows 7 days"])
            #expect(try await engine.prepareRawTables(for: [contract]) == ["\(contract.table) keeps rows for ever"])
            #expect(try await expiry() == nil)
        }
    }

    @Test("a table without partitions loses its old rows, and no others")
    func withoutPartitions() async throws {
        try await withRaw { engine, contract in
            let fields = contract.columns.compactMap { RawSchema.field($0) }
            let name = "\(contract.table.name)_plain"
            try await engine.client.create(
                Table(tableReference: engine.client.reference(name, in: "raw"), schema: TableSchema(fields: fields)))
            let plain = self.contract(name, retention: .seconds(3 * 86_400))
            _ = try await engine.append(batch(0..<3, of: plain, expected: nil))
            _ = try await engine.client.rows("UPDATE raw.\(name) SET _ingested_at = CURRENT_TIMESTAMP() WHERE id = '1'")
            #expect(try await engine.maintainRawTables(of: [plain]) == ["deleted 2 rows of raw.\(name)"])
            #expect(try await engine.maintainRawTables(of: [plain]) == [])
            #expect(try await count(engine, "SELECT COUNT(*) FROM raw.\(name)") == 1)
            try await engine.client.deleteTable(name, in: "raw")
        }
    }

    @Test("what BigQuery cannot do is told before anything is made")
    func limits() async throws {
        let engine = BigQueryEngine(bigQueryClient())
        let unique = contract(PostgresTestServer.uniqueName(), unique: true)
        let plan = try await engine.planRawTables(for: [unique])
        #expect(plan.first?.differences.first?.contains("uniqueWindow") == true && plan.first?.steps == [])
        let error = await failure { _ = try await engine.prepareRawTables(for: [unique]) }
        guard case .incompatibleTable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await engine.client.table(unique.table.name, in: "raw") == nil)
        #expect(engine.rawCapabilities.makesReaders == false)
        let noReader = await failure { try await engine.prepareReader(role: "r", password: nil, contracts: []) }
        #expect(noReader?.description.contains("roles/bigquery.dataViewer") == true)
    }

    @Test("a right that is missing is told, with its table")
    func rights() async throws {
        try await withRaw { _, contract in
            let google = try await GoogleDouble(
                [.failure("POST", Self.jobs, 403, "accessDenied")], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            #expect(try await engine.missingRights(for: [contract]) == ["raw._sink_offsets: it is so"])
        }
    }

    @Test(
        "what is not found is a table to be made",
        arguments: [
            ("Not found: Table my-project:raw.events was not found in location EU", "raw.events"),
            ("Not found: Table millrace.raw.events was not found in location US", "raw.events"),
            ("Not found: Dataset my-project:raw was not found in location EU", "raw"), ("gone", "gone"),
        ])
    func notFound(message: String, name: String) {
        let error = BigQueryError(origin: .job, reason: "notFound", message: message)
        #expect(WarehouseError(raw: error) == .tableMissing(name))
        #expect(WarehouseError(raw: .cancelled) == .cancelled)
    }

    private static func failed(_ reason: String, _ message: String) -> String {
        #"{"status":{"state":"DONE","errorResult":{"reason":"\#(reason)","message":"\#(message)"}}}"#
    }

    @Test("a load that failed for a reason that passes is made again")
    func passingLoad() async throws {
        try await withRaw { direct, contract in
            let google = try await GoogleDouble(
                [.answer("POST", ".*/upload/.*", 200, Self.failed("backendError", "so it is"))],
                emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            #expect(try await engine.append(batch(0..<2, of: contract, expected: nil)).rows == 2)
            #expect(try await count(direct, "SELECT COUNT(*) FROM \(contract.table)") == 2)
        }
    }

    @Test("letters whose rows BigQuery refuses stay letters; the others are rows")
    func refusedRedrive() async throws {
        try await withRaw { direct, contract in
            var first = batch(0..<0, of: contract, expected: nil)
            first.deadLetters = letters(0..<4, of: contract)
            first.sources = [.init(partition: 0, expected: nil, first: 0, next: 4)]
            _ = try await direct.append(first)
            // Of four rows: all, then the second half, then the last one are refused.
            let refused = GoogleDouble.Rule.answer("POST", ".*/upload/.*", 200, Self.failed("invalid", "no such day"))
            let pass = GoogleDouble.Rule(method: "POST", path: ".*/upload/.*", action: "pass")
            let google = try await GoogleDouble(
                [refused, pass, refused, pass, refused], emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            let page = try await engine.redrive(.init(), under: contract, after: nil, limit: 10)
            #expect(page.landed == 3 && page.failed.map(\.position.offset) == [3])
            #expect(page.failed.first?.reason == "refused_by_warehouse" && page.failed.first?.message == "no such day")
            #expect(
                try await direct.client.rows("SELECT id FROM \(contract.table) ORDER BY id")
                    == ["0", "1", "2"].map { [.string($0)] })
            let left = try await direct.deadLetters(.init(topic: contract.topic.name), limit: 9)
            #expect(left == page.failed && left.first?.attempts == 2)
        }
    }

    @Test(
        "whatever is lost on the way of a redrive, a fill or a replay, each is done once",
        arguments: LandingTests.faults)
    func losses(fault: FaultTests.Fault) async throws {
        try await withRaw { direct, contract in
            var first = batch(0..<2, of: contract, expected: nil)
            first.deadLetters = letters(2..<4, of: contract)
            first.sources = [.init(partition: 0, expected: nil, first: 0, next: 8)]
            _ = try await direct.append(first)
            let google = try await GoogleDouble(emulator: BigQueryTestServer.address)
            let engine = BigQueryEngine(bigQueryClient(at: google.address))
            func spoil() async throws {
                try await google.follow([
                    fault.rule("POST", ".*/upload/.*"), fault.rule("POST", Self.jobs), fault.rule("POST", Self.jobs),
                    fault.rule("GET", ".*/queries/.*"),
                ])
            }
            try await spoil()
            #expect(try await engine.redrive(.init(), under: contract, after: nil, limit: 9).landed == 2)
            try await spoil()
            #expect(try await engine.fill(batch(0..<8, of: contract, expected: nil)) == 4)
            let copy = contract.copied(to: .init(schema: "raw", name: "\(contract.table.name)_again"))
            _ = try await direct.prepareRawTables(for: [copy])
            try await spoil()
            try await engine.appendReplayed(batch(0..<8, of: copy, expected: nil))
            for table in [contract.table, copy.table] {
                #expect(try await count(direct, "SELECT COUNT(*) FROM \(table)") == 8)
                #expect(try await count(direct, "SELECT COUNT(DISTINCT _offset) FROM \(table)") == 8)
            }
            #expect(try await direct.replayPositions(of: contract.topic.name, into: copy.table) == [0: 8])
            try await direct.client.deleteTable(copy.table.name, in: "raw")
            #expect(try await direct.replayPositions(of: contract.topic.name, into: copy.table) == [:])
            #expect(try await count(direct, "SELECT COUNT(*) FROM raw._replays WHERE raw_table = '\(copy.table)'") == 0)
        }
    }

    @Test("of many batches, over a network that fails at random, no row is lost and none lands twice")
    func manyBatches() async throws {
        let emulator = try #require(BigQueryTestServer.address)
        let seed = Int.random(in: 0..<1_000_000)
        let proxy = try await BigQueryFaultProxy(before: emulator, seed: seed, share: 0.25)
        try await withRaw { direct, contract in
            let rounds: Int64 = 50
            // Three sinks, a partition each, which go on where the warehouse stands, as after a crash, when they do not know.
            let fenced = try await withThrowingTaskGroup(of: Int.self) { group in
                for partition in Int32(0)..<3 {
                    group.addTask { try await land(rounds, contract, partition, through: proxy) }
                }
                return try await group.reduce(0, +)
            }
            let counts = try await faults(of: proxy)
            #expect(BigQueryFaultProxy.faults.allSatisfy { counts[$0, default: 0] > 3 }, "seed \(seed): \(counts)")
            let total = rounds * 3 * 3
            #expect(try await count(direct, "SELECT COUNT(*) FROM \(contract.table)") == total, "seed \(seed)")
            #expect(
                try await count(
                    direct,
                    "SELECT COUNT(DISTINCT CONCAT(CAST(_topic_partition AS STRING), '/', id)) FROM \(contract.table)")
                    == total,
                "seed \(seed), fenced off \(fenced)")
            #expect(
                try await direct.sinkPositions(of: contract.topic.name) == [
                    0: rounds * 3, 1: rounds * 3, 2: rounds * 3,
                ])
            let landings = "FROM raw._landings WHERE topic = '\(contract.topic.name)'"
            #expect(try await count(direct, "SELECT COUNT(*) \(landings)") == rounds * 3)
            #expect(try await count(direct, "SELECT SUM(`rows`) \(landings)") == total)
        }
    }

    /// Lands so many batches of a partition.
    /// - Returns: How often it found that a batch had landed that it had given up.
    private func land(
        _ rounds: Int64, _ contract: Contract, _ partition: Int32, through proxy: BigQueryFaultProxy
    ) async throws -> Int {
        let engine = BigQueryEngine(bigQueryClient(at: proxy.address) { $0.retryMax = .seconds(600) })
        var (position, fenced) = (Int64?.none, 0)
        while position ?? 0 < rounds * 3 {
            let first = position ?? 0
            let batch = batch(first..<first + 3, of: contract, partition: partition, expected: position)
            guard let error = await failure({ _ = try await engine.append(batch) }) else {
                position = first + 3
                continue
            }
            if error == .fenced(topic: contract.topic.name, partitions: [partition]) {
                fenced += 1
            } else if !error.isRetriable {
                throw error
            }
            position = try await engine.sinkPositions(of: contract.topic.name)[partition]
        }
        return fenced
    }

    private func faults(of proxy: BigQueryFaultProxy) async throws -> [String: Int] {
        let http = HTTPClient(logger: PostgresTestServer.logger())
        let answer = try await http.send(OutgoingRequest("GET", proxy.countsAddress))
        return try JSONDecoder().decode([String: Int].self, from: Data(answer.body))
    }
}
