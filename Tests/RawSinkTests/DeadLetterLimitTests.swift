import DataContract
import Kafka
import Postgres
import ServiceRuntime
import TestKit
import Testing
import Warehouse

@testable import RawSink

@Suite("The share of dead letters") struct DeadLetterShareTests {
    @Test("is taken over a window that slides")
    func window() {
        var share = DeadLetterShare(window: .seconds(10))
        let start = ContinuousClock.now
        func add(_ messages: Int, _ rejected: Int, _ second: Double) -> [Int] {
            let sums = share.add(messages: messages, rejected: rejected, at: start + .seconds(second))
            return [sums.messages, sums.rejected]
        }
        #expect(add(100, 50, 0) == [100, 50])
        #expect(add(100, 0, 0.5) == [200, 50])
        #expect(add(10, 1, 9.9) == [210, 51])
        #expect(add(10, 0, 10.1) == [20, 1])
    }
}

@Suite("Offsets of a replay") struct OffsetRangesTests {
    @Test("are read in stretches, without those between them")
    func stretches() {
        let stretches = OffsetRanges.stretches([2..<4, 6..<7, 20..<30], gapMax: 5)
        #expect(stretches.map(\.ranges) == [[2..<4, 6..<7], [20..<30]])
        #expect(stretches[0].bounds == 2..<7)
        #expect(stretches[0].count == 3)
        #expect((0..<9).filter { stretches[0].contains($0) } == [2, 3, 6])
        #expect(stretches[0].within(3..<7).ranges == [3..<4, 6..<7])
        #expect(stretches[0].within(4..<6).ranges.isEmpty)
        #expect(OffsetRanges.stretches([], gapMax: 5).isEmpty)
    }
}

@Suite("Points of a replay") struct ReplayPointTests {
    @Test(
        "are offsets, days or times",
        arguments: [
            ("1042", .offset(1042)), ("3:1042", .offsets([3: 1042])), ("0:1,4:77", .offsets([0: 1, 4: 77])),
            ("2026-11-23", .time(1_795_392_000_000_000)), ("2026-11-23T01:00:00Z", .time(1_795_395_600_000_000)),
            ("2026-11-23T01:00:00.5Z", .time(1_795_395_600_500_000)),
            ("2026-11-23T01:00:00+01:00", .time(1_795_392_000_000_000)), ("-1", nil), ("3:", nil), ("1:2,1:3", nil),
            ("soon", nil), ("", nil),
        ] as [(String, ReplayPoint?)])
    func read(text: String, point: ReplayPoint?) {
        #expect(ReplayPoint(text) == point)
    }
}

@Suite(
    "Too many dead letters", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .serialized)
struct DeadLetterLimitTests {
    @Test("end the service, where it is set so, and what was landed stays", .timeLimit(.minutes(10)))
    func service() async throws {
        try await SinkHarness.with(partitions: 1) { harness in
            try await harness.produceGarbage(30)
            let sink = harness.start(deadLetters: .init(action: .service, shareMax: 0.5, messagesMin: 10))
            await #expect(throws: ExitError.self) { try await sink.ended() }
            #expect(sink.health.isOverDeadLetterLimit)
            #expect(try await harness.number("SELECT count(*) FROM raw._dead_letters") == 30)
        }
    }

    @Test("stop the partition, and the others go on", .timeLimit(.minutes(10)))
    func partition() async throws {
        try await SinkHarness.with(partitions: 2) { harness in
            try await harness.produceGarbage(30, partition: 0)
            let sink = harness.start(deadLetters: .init(action: .partition, shareMax: 0.5, messagesMin: 10))
            try await harness.wait("the stop") { sink.health.isOverDeadLetterLimit }
            try await harness.produce(0..<50, partition: 1)
            try await harness.produce(50..<60, partition: 0)
            try await harness.waitForRows(50)
            try await sink.stop()
            #expect(try await harness.number("SELECT count(*) FROM raw.t WHERE _partition = 0") == 0)
            // Started anew, it goes on where it was.
            let again = harness.start()
            try await harness.waitForRows(60)
            try await again.stop()
            try await harness.expectExactly(60)
        }
    }
}
