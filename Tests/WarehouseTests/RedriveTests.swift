import DataContract
import Postgres
import TestKit
import Testing

@testable import Warehouse

@Suite("Dead letters", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct RedriveTests {
    /// A dead letter whose value is this.
    static func letter(_ offset: Int64, _ value: String, reason: String = "wrong_type") -> DeadLetter {
        DeadLetter(
            position: .init(topic: "events", partition: 0, offset: offset), table: "raw.events", reason: reason,
            field: "amount", message: "no number", key: nil, value: Array(value.utf8), headers: [], timestamp: nil,
            failedAt: 1_795_399_790_000_000 + offset)
    }

    static func good(_ offset: Int64, id: String? = nil) -> DeadLetter {
        letter(offset, #"{"id":"\#(id ?? "i\(offset)")","at":"2026-11-23T00:00:00Z"}"#)
    }

    @Test("are found by what is known of them")
    func filters() async throws {
        try await withEngine { engine, _ in
            let letters = (0..<5).map { Self.letter($0, "x", reason: $0 == 3 ? "null_value" : "wrong_type") }
            _ = try await engine.append(batch([], expected: nil, letters: letters))
            func offsets(_ change: (inout DeadLetterFilter) -> Void) async throws -> [Int64] {
                var filter = DeadLetterFilter()
                change(&filter)
                return try await engine.deadLetters(filter, after: nil, limit: 10).map(\.position.offset)
            }
            #expect(try await offsets { _ in } == [0, 1, 2, 3, 4])
            #expect(try await offsets { $0.reason = "null_value" } == [3])
            #expect(try await offsets { $0.offsets = 1...2 } == [1, 2])
            #expect(try await offsets { $0.table = "raw.other" } == [])
            #expect(try await offsets { $0.field = "amount" } == [0, 1, 2, 3, 4])
            #expect(try await offsets { $0.partition = 1 } == [])
            #expect(try await offsets { $0.failedFrom = letters[3].failedAt } == [3, 4])
            #expect(try await offsets { $0.failedTo = letters[1].failedAt } == [0])
            let page = try await engine.deadLetters(.init(), after: letters[1].position, limit: 2)
            #expect(page.map(\.position.offset) == [2, 3])
        }
    }

    @Test("become rows once they meet the contract; the others keep the stack of their attempts")
    func redrive() async throws {
        try await withEngine { engine, _ in
            let bad = Self.letter(1, "not json")
            let refused = Self.good(3, id: "refused")
            _ = try await engine.append(
                batch([], expected: nil, letters: [Self.good(0), bad, Self.good(2), refused, Self.good(4)]))
            try await engine.pool.query("ALTER TABLE raw.events ADD CHECK (id <> 'refused')")
            let page = try await engine.redrive(.init(), under: contract(), after: nil, limit: 10)
            #expect(page.landed == 3)
            #expect(page.last == refused.position.next)
            #expect(Set(page.failed.map(\.reason)) == ["invalid_json", "refused_by_warehouse"])
            #expect(
                try await engine.texts("SELECT id || ' ' || _offset FROM raw.events ORDER BY _offset") == [
                    "i0 0", "i2 2", "i4 4",
                ])
            let left = try await engine.deadLetters(.init(), after: nil, limit: 10)
            #expect(left.map(\.position.offset) == [1, 3])
            #expect(left.map(\.attempts) == [2, 2])
            #expect(
                left[0].history == [
                    .init(reason: "wrong_type", field: "amount", message: "no number", failedAt: bad.failedAt)
                ])
            let landing = try #require(try await engine.unpublishedLandings(of: "events", age: .zero, limit: 10).last)
            #expect(landing.rows == 3)
            #expect(landing.days == ["2026-11-23"])
            #expect(landing.offsets.map(\.first) == [0, 2, 4])
            #expect(try await engine.sinkPositions(of: "events") == [0: 5])
            _ = try await engine.redrive(.init(), under: contract(), after: nil, limit: 10)
            #expect(try await engine.deadLetters(.init(), limit: 10).map(\.attempts) == [3, 3])
        }
    }

    @Test("become rows once, however many redrive them at once")
    func race() async throws {
        try await withEngine { engine, _ in
            let letters = (0..<300).map { Self.good(Int64($0)) }
            _ = try await engine.append(batch([], expected: nil, letters: letters))
            let landed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var sum = 0
                        var last: DeadLetter.Position?
                        repeat {
                            let page = try await engine.redrive(.init(), under: contract(), after: last, limit: 7)
                            sum += page.landed
                            last = page.last
                        } while last != nil
                        return sum
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(landed == 300)
            #expect(
                try await engine.texts("SELECT count(*) || ' ' || count(DISTINCT _offset) FROM raw.events") == [
                    "300 300"
                ])
        }
    }
}

extension DeadLetter.Position {
    /// The position behind it.
    var next: Self { Self(topic: topic, partition: partition, offset: offset + 1) }
}

@Suite("Repetitions", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct RepetitionTests {
    static func contract(_ window: Duration) -> Contract {
        Contract(
            file: "events.yaml", id: "events", version: "1.0.0", topic: .init(name: "events", partitions: 3),
            table: .init(schema: "raw", name: "events"),
            properties: [
                Property(name: "id", logicalType: .string, isUnique: true),
                Property(name: "amount", logicalType: .number),
                Property(name: "at", logicalType: .timestamp, isRequired: true),
            ], eventTime: "at", uniqueWindow: .init(column: "id", window: window))
    }

    @Test("within the window are dropped and counted, in a batch, between batches and partitions")
    func dropped() async throws {
        let contract = Self.contract(.seconds(3600))
        try await withEngine([contract]) { engine, _ in
            _ = try await engine.append(batch(["a", "b", "a", nil, nil], expected: nil, contract: contract))
            _ = try await engine.append(batch(["b", "c"], partition: 1, expected: nil, contract: contract))
            #expect(
                try await engine.texts(
                    "SELECT concat_ws(' ', coalesce(id, '-'), _partition, _offset) FROM raw.events ORDER BY 1") == [
                        "- 0 3", "- 0 4", "a 0 0", "b 0 1", "c 1 1",
                    ])
            let landings = try await engine.unpublishedLandings(of: "events", age: .zero, limit: 10)
            #expect(landings.map(\.rows) == [4, 1])
            #expect(landings.map(\.duplicates) == [1, 1])
            // The ids are older than the window now.
            try await engine.pool.query("UPDATE raw._seen_values SET seen_at = seen_at - interval '2 hours'")
            _ = try await engine.append(batch(["a"], partition: 2, expected: nil, contract: contract))
            #expect(try await engine.texts("SELECT count(*)::text FROM raw.events WHERE id = 'a'") == ["2"])
            _ = try await engine.maintainRawTables(of: [contract])
            #expect(try await engine.texts("SELECT count(*)::text FROM raw._seen_values") == ["1"])
        }
    }

    @Test("leave a refused row its place in the batch")
    func refused() async throws {
        let contract = Self.contract(.seconds(3600))
        try await withEngine([contract]) { engine, _ in
            _ = try await engine.append(batch(["a"], expected: nil, contract: contract))
            try await engine.pool.query("ALTER TABLE raw.events ADD CONSTRAINT short CHECK (length(id) < 3)")
            let bad = batch(["a", "b", "b", "long", "c"], expected: 1, contract: contract)
            let error = await failure { _ = try await engine.append(bad) }
            guard case .rowRefused(let row, _, _)? = error else {
                Issue.record("not refused: \(String(describing: error))")
                return
            }
            #expect(row == 3)
            // The transaction is undone whole: what it noted of values as well.
            _ = try await engine.append(batch(["b"], expected: 1, contract: contract))
            #expect(try await engine.texts("SELECT count(*)::text FROM raw.events") == ["2"])
        }
    }

    @Test("are dropped in a large batch")
    func large() async throws {
        let contract = Self.contract(.seconds(3600))
        try await withEngine([contract]) { engine, _ in
            let ids = (0..<120_000).map { "id\($0 % 100_000)" }
            _ = try await engine.append(batch(ids, expected: nil, contract: contract))
            let counts = "SELECT concat_ws(' ', count(*), count(DISTINCT id), max(_offset)) FROM raw.events"
            #expect(try await engine.texts(counts) == ["100000 100000 99999"])
        }
    }

    @Test("are dropped by any number of sinks at once, exactly")
    func sinks() async throws {
        let contract = Self.contract(.seconds(3600))
        try await withEngine([contract]) { engine, settings in
            let other = PostgresEngine(settings, connectionsMax: 2, logger: PostgresTestServer.logger())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (partition, sink) in [(Int32(0), engine), (1, other), (2, engine)] {
                    group.addTask {
                        var next: Int64?
                        for round in 0..<20 {
                            let ids = (0..<50).shuffled().map { "id\(round * 25 + $0)" }
                            _ = try await sink.append(
                                batch(ids, partition: partition, expected: next, contract: contract))
                            next = (next ?? 0) + 50
                        }
                    }
                }
                try await group.waitForAll()
            }
            await other.close()
            #expect(
                try await engine.texts("SELECT count(*) || ' ' || count(DISTINCT id) FROM raw.events") == ["525 525"])
        }
    }
}
