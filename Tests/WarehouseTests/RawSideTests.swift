import DataContract
import Postgres
import TestKit
import Testing

@testable import Warehouse

@Suite("Appending", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct AppendTests {
    @Test("writes rows, dead letters, landing and position at once")
    func whole() async throws {
        try await withEngine { engine, _ in
            #expect(try await engine.sinkPositions(of: "events").isEmpty)
            let receipt = try await engine.append(batch(["a", "b"], expected: nil, first: 5, letters: [letter(7)]))
            #expect(try await engine.sinkPositions(of: "events") == [0: 8])
            #expect(
                try await engine.texts(
                    "SELECT concat_ws('|', id, amount, _topic, _partition, _offset, _extra) FROM raw.events ORDER BY id"
                ) == [
                    #"a|1.50|events|0|5|{"extra": 1}"#, #"b|1.50|events|0|6|{"extra": 1}"#,
                ])
            #expect(try await engine.deadLetters(.init(), limit: 10) == [letter(7)])
            let landing = try #require(try await engine.unpublishedLandings(of: "events", age: .zero, limit: 10).first)
            #expect(landing.id == receipt.id)
            #expect(landing.rows == 2)
            #expect(landing.rejected == 1)
            #expect(landing.offsets == [.init(partition: 0, first: 5, next: 8)])
            #expect(landing.days == ["2026-11-23"])
            #expect(landing.eventTimeMin == 1_795_399_780_000_000)
            #expect(landing.eventTimeMax == 1_795_399_780_000_001)
        }
    }

    @Test("tells how far the topic has come in event time")
    func lowWatermark() async throws {
        try await withEngine { engine, _ in
            let time: Int64 = 1_795_399_780_000_000  // of a batch's first row; each further one is a microsecond later
            func land(_ ids: [String?], _ partition: Int32, _ expected: Int64?) async throws -> Int64? {
                try await engine.append(batch(ids, partition: partition, expected: expected)).lowWatermark
            }
            let refused = try await engine.append(
                batch([], partition: 9, expected: nil, letters: [letter(0, partition: 9)]))
            #expect(refused.lowWatermark == nil)
            #expect(try await land(["a", "b", "c"], 0, nil) == time + 2)
            #expect(try await land(["d"], 1, nil) == time, "the partition that is behind counts")
            #expect(try await land(["e", "f"], 1, 1) == time + 1)
            #expect(try await land(["g"], 0, 3) == time + 1, "a late event takes nothing back")
            let landings = try await engine.unpublishedLandings(of: "events", age: .zero, limit: 10)
            #expect(landings.map(\.lowWatermark) == [nil, time + 2, time, time + 1, time + 1])
            let future = RawBatch.Source(partition: 1, expected: 3, first: 3, next: 4, eventTimeMax: .max / 2)
            var nonsense = batch(["h"], partition: 1, expected: 3)
            nonsense.sources = [future]
            #expect(try await engine.append(nonsense).lowWatermark == time + 2, "no clock of the future counts")
        }
    }

    @Test("a partition that gets nothing holds back no low watermark")
    func idlePartition() async throws {
        try await withEngine { engine, _ in
            let time: Int64 = 1_795_399_780_000_000
            func land(_ ids: [String?], _ partition: Int32, _ expected: Int64?) async throws -> Int64? {
                try await engine.append(batch(ids, partition: partition, expected: expected)).lowWatermark
            }
            _ = try await land(["a"], 0, nil)
            _ = try await land(["b"], 2, nil)
            #expect(try await land(["c", "d"], 1, nil) == time)
            try await engine.noteEnds(of: "events", at: [0: 1, 2: 0])
            #expect(try await land(["e"], 1, 2) == time, "something landed of them just now")
            _ = try await engine.pool.query("UPDATE raw._sink_offsets SET updated_at = now() - interval '2 minutes'")
            #expect(try await land(["f"], 1, 3) == time, "partition 2 was noted at another position")
            try await engine.noteEnds(of: "events", at: [2: 1])
            #expect(try await land(["g"], 1, 4) == time + 1)
            _ = try await engine.pool.query("UPDATE raw._sink_offsets SET at_end_at = now() - interval '2 minutes'")
            #expect(try await land(["h"], 1, 5) == time, "nobody has looked at them lately")
        }
    }

    @Test("starts where the last one ended, or does nothing")
    func fencing() async throws {
        try await withEngine { engine, _ in
            _ = try await engine.append(batch(["a"], expected: nil))
            for wrong in [nil, 0, 2] as [Int64?] {
                let error = await failure { _ = try await engine.append(batch(["x"], expected: wrong, first: 1)) }
                #expect(error == .fenced(topic: "events", partitions: [0]))
                #expect(error?.isRetriable == false)
            }
            _ = try await engine.append(batch(["b"], expected: 1))
            // A position that nobody has ever written cannot be expected.
            let ghost = await failure { _ = try await engine.append(batch(["y"], partition: 2, expected: 9)) }
            #expect(ghost == .fenced(topic: "events", partitions: [2]))
            #expect(try await engine.texts("SELECT id FROM raw.events ORDER BY id") == ["a", "b"])
        }
    }

    @Test("two sinks of one partition: every offset lands once", arguments: [1, 2])
    func race(round: Int) async throws {
        try await withEngine { engine, settings in
            let other = PostgresEngine(settings, connectionsMax: 2, logger: PostgresTestServer.logger())
            let fenced = try await withThrowingTaskGroup(of: Int.self) { group in
                for sink in [engine, other] {
                    group.addTask {
                        var fenced = 0
                        while true {
                            // Like a consumer that believes to own the partition: it trusts the warehouse's positions alone.
                            let position = try await sink.sinkPositions(of: "events")[0]
                            let next = position ?? 0
                            if next >= 60 { return fenced }
                            do {
                                _ = try await sink.append(batch(["\(next)", "\(next + 1)"], expected: position))
                            } catch WarehouseError.fenced {
                                fenced += 1
                            }
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            await other.close()
            #expect(fenced > 0, "they never met")
            #expect(
                try await engine.texts(
                    "SELECT count(*) || ' ' || count(DISTINCT _offset) || ' ' || max(_offset) FROM raw.events") == [
                        "60 60 59"
                    ])
        }
    }

    @Test("a refused row is named, and nothing of its batch stays")
    func refused() async throws {
        try await withEngine { engine, _ in
            let error = await failure {
                _ = try await engine.append(batch(["a", nil, "c"], expected: nil, letters: [letter(9)]))
            }
            guard case .rowRefused(let row, let column, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(row == 1)
            #expect(column == "id")
            #expect(error?.isRetriable == false)
            let text = await failure { _ = try await engine.append(batch(["a", "b", "c\0"], expected: nil)) }
            guard case .rowRefused(2, "id", _) = text else {
                Issue.record("\(String(describing: text))")
                return
            }
            let positions = try await engine.sinkPositions(of: "events")
            #expect(positions.isEmpty)
            #expect(try await engine.deadLetters(.init(), limit: 10).isEmpty)
            #expect(try await engine.texts("SELECT id FROM raw.events").isEmpty)
        }
    }

    @Test("a missing table says what to do; a killed session is to be tried again")
    func failures() async throws {
        try await withEngine { engine, settings in
            let gone = contract(table: "gone")
            let outcome1 = await failure { _ = try await engine.append(batch(["a"], expected: nil, contract: gone)) }
            #expect(outcome1 == .tableMissing("raw.gone"))
            try await engine.pool.query("ALTER TABLE raw.events ADD CONSTRAINT slow CHECK (pg_sleep(600) IS NULL)")
            let append = Task { try await engine.append(batch(["a"], expected: nil)) }
            let other = try await PostgresConnection.connect(settings, logger: PostgresTestServer.logger())
            var killed = 0
            while killed == 0 {
                killed = try await other.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'"
                ).count
            }
            let error = await failure { _ = try await append.value }
            guard case .connectionLost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.isRetriable == true)
            #expect(try await engine.sinkPositions(of: "events").isEmpty)
        }
    }

    @Test("what was told is not told again; what is old and told goes")
    func outbox() async throws {
        try await withEngine { engine, _ in
            let first = try await engine.append(batch(["a"], expected: nil, letters: [letter(1)]))
            let second = try await engine.append(batch(["b"], expected: 2))
            try await engine.markPublished([first.id], keeping: .seconds(3600))
            #expect(try await engine.unpublishedLandings(of: "events", age: .zero, limit: 10).map(\.id) == [second.id])
            try await engine.markPublished([second.id], keeping: .zero)
            #expect(try await engine.unpublishedLandings(of: "events", age: .zero, limit: 10).isEmpty)
            func unmirrored(_ limit: Int = 10, bytes: Int = 1 << 20) async throws -> [Int64] {
                try await engine.unmirroredDeadLetters(of: "events", age: .zero, limit: limit, bytesMax: bytes)
                    .map(\.position.offset)
            }
            #expect(try await unmirrored() == [1])
            try await engine.markMirrored([letter(1).position])
            #expect(try await unmirrored().isEmpty)
            _ = try await engine.append(batch([], expected: 3, letters: (3..<9).map { letter($0) }))
            #expect(try await unmirrored() == [3, 4, 5, 6, 7, 8])
            #expect(try await unmirrored(2) == [3, 4])
            let size = letter(1).value?.count ?? 0
            #expect(size > 0)
            #expect(try await unmirrored(bytes: size * 3) == [3, 4, 5], "a page ends where its bytes do")
            #expect(try await unmirrored(bytes: 0) == [3], "and has one letter at least")
            #expect(try await engine.deadLetters(.init(topic: "events", reason: "wrong_type"), limit: 10).count == 7)
            #expect(try await engine.deadLetters(.init(reason: "other"), limit: 10).isEmpty)
        }
    }
}

@Suite("Raw tables", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct RawTableTests {
    @Test("are made once, however many start at once")
    func concurrent() async throws {
        try await withDatabase { settings in
            let engine = PostgresEngine(settings, connectionsMax: 6, logger: PostgresTestServer.logger())
            let done = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<6 { group.addTask { try await engine.prepareRawTables(for: [contract()]) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(done == ["created raw.events"])
            #expect(try await engine.texts("SELECT col_description('raw.events'::regclass, 1)") == ["the event's id"])
            await engine.close()
        }
    }

    @Test("gain columns and widen; what would lose data is refused, whole")
    func evolution() async throws {
        try await withEngine { engine, _ in
            _ = try await engine.append(batch(["a"], expected: nil))
            let grown = contract(contract().properties + [Property(name: "note", logicalType: .string)])
            #expect(try await engine.prepareRawTables(for: [grown]) == ["added raw.events.note"])
            #expect(try await engine.prepareRawTables(for: [grown]).isEmpty)
            let narrowed = contract([
                Property(name: "id", logicalType: .integer, isRequired: true),
                Property(name: "at", logicalType: .timestamp, isRequired: true),
                Property(name: "late", logicalType: .string, isRequired: true),
            ])
            let error = await failure { _ = try await engine.prepareRawTables(for: [narrowed]) }
            guard case .incompatibleTable(_, let differences) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(differences.count == 2)
            #expect(try await engine.texts("SELECT id FROM raw.events") == ["a"])
        }
    }
}
