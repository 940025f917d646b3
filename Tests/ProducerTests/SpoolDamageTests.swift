import Foundation
import Logging
import ServiceRuntime
import Synchronization
import Testing

@testable import Kafka
@testable import Producer

/// What a disk, a kill and a second process do to a spool.
@Suite("The spool on a bad day", .timeLimit(.minutes(10))) final class SpoolDamageTests {
    let path = NSTemporaryDirectory() + "spool-\(UUID().uuidString)"
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func spool(bytesMax: Int = 1 << 24) throws -> Spool {
        try Spool(folder: try SpoolFolder(path), bytesMax: bytesMax, logger: logger)
    }

    func event(_ number: Int, _ text: String = "") -> Delivery {
        Delivery(topic: "events", key: Array("k\(number)".utf8), value: Array("event \(number) \(text)".utf8))
    }

    func append(_ deliveries: [Delivery], to spool: Spool) async -> DeliveryOutcome {
        await withCheckedContinuation { continuation in
            spool.append(deliveries) { continuation.resume(returning: $0) }
        }
    }

    /// Fills a spool whose Kafka is away, and stops it.
    func leave(_ deliveries: [Delivery]) async throws {
        let spool = try spool()
        spool.start { deliveries, done in done(deliveries.map(CollectorSpoolTests.away)) }
        #expect(await append(deliveries, to: spool) == .taken)
        await spool.close()
    }

    /// Runs a spool whose Kafka takes everything until nothing is left, and gives what was sent.
    func drain() async throws -> (sent: [Delivery], health: HealthStatus) {
        let spool = try spool()
        let sent = Mutex<[Delivery]>([])
        spool.start { deliveries, done in
            sent.withLock { $0 += deliveries }
            done([])
        }
        while spool.isInUse { try await Task.sleep(for: .milliseconds(5)) }
        let health = spool.health
        await spool.close()
        return (sent.withLock { $0 }, health)
    }

    func change(_ file: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = Array(try Data(contentsOf: URL(filePath: file)))
        body(&bytes)
        try Data(bytes).write(to: URL(filePath: file))
    }

    func names(_ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(ending) }.sorted()
    }

    @Test("one damaged frame costs one event; the rest of its file goes out, and a warning stays", arguments: 0..<4)
    func damagedFrame(part: Int) async throws {
        let events = (0..<300).map { event($0, String(repeating: "x", count: 5_000)) }
        try await leave(events)
        let folder = try SpoolFolder(path)
        let segment = try #require(try folder.segments().first)
        let frame = SpoolFrame.bytes(of: events[0])
        // Its mark, its length, its checksum, its message.
        try change(folder.file(segment)) { $0[frame + [2, 9, 13, 400][part]] ^= 0x41 }
        let (sent, health) = try await drain()
        #expect(sent == [events[0]] + events[2...])
        let damaged = try #require(try names(".damaged").first)
        let kept = try Data(contentsOf: URL(filePath: "\(path)/\(damaged)"))
        #expect(kept.range(of: Data("event 1 ".utf8)) != nil && kept.range(of: Data("event 2 ".utf8)) == nil)
        guard case .warning(let reason) = health else {
            Issue.record("\(health)")
            return
        }
        #expect(reason.contains("producer spool replay"))
    }

    @Test("a file of an earlier version, without marks, is read; damage costs one event there, too")
    func oldFiles() async throws {
        _ = try SpoolFolder(path)
        var bytes: [UInt8] = []
        let events = (0..<50).map { event($0) }
        for event in events { SpoolFrame.append(event, to: &bytes) }
        bytes[30] ^= 1
        try Data(bytes).write(to: URL(filePath: "\(path)/000000000007.spool"))
        try Data("6 100\n".utf8).write(to: URL(filePath: "\(path)/position"))
        let sent = try await drain().sent
        #expect(sent == Array(events[1...]))
        #expect(try names(".spool").isEmpty)
    }

    @Test("an event that looks like frames of the spool is no more than an event")
    func forged() async throws {
        var inner: [UInt8] = []
        SpoolFrame.append(event(666), to: &inner)
        var outer = event(1)
        outer.value = inner
        try await leave([event(0), outer, event(2)])
        let folder = try SpoolFolder(path)
        let segment = try #require(try folder.segments().first)
        try change(folder.file(segment)) { $0[SpoolFrame.bytes(of: event(0)) + 9] ^= 1 }
        #expect(try await drain().sent == [event(0), event(2)])
    }

    @Test("what was set aside is sent by a replay: once, and what cannot be read stays")
    func replay() async throws {
        let events = (0..<20).map { event($0) }
        try await leave(events)
        let folder = try SpoolFolder(path)
        let segment = try #require(try folder.segments().first)
        // A whole stretch was set aside, as earlier versions did; one event in it is broken.
        let frame = SpoolFrame.bytes(of: events[0])
        let end = segment.bytes
        _ = try folder.setAside(segment, from: 3, to: end)
        try FileManager.default.removeItem(atPath: folder.file(segment))
        let damaged = try #require(try names(".damaged").first)
        try change("\(path)/\(damaged)") { $0[5 * frame + 30] ^= 1 }
        var refused: [UInt8] = []
        for number in 30..<33 { SpoolFrame.append(event(number), to: &refused) }
        _ = try folder.keepRefused(refused)

        let replay = SpoolReplay(folder)
        #expect(try await replay.list().map(\.events) == [18, 3])
        await #expect(throws: SpoolError.self) {
            _ = try await replay.run {
                $0.map(CollectorSpoolTests.away)
            } done: { _ in
            }
        }
        #expect(try await replay.list().map(\.events).reduce(0, +) == 21, "Kafka is away: all of it stays")

        let sent = Mutex<[Delivery]>([])
        let tooLarge = event(31)
        let outcomes = try await replay.run { deliveries in
            sent.withLock { $0 += deliveries }
            // One is still too large for its topic.
            return deliveries.filter { $0 == tooLarge }.map {
                FailedDelivery(delivery: $0, error: .own(.messageTooLarge, "send", "made up"))
            }
        } done: { _ in
        }
        let found = sent.withLock { $0 }
        #expect(found.filter { $0 != event(31) }.count == 20)
        #expect(
            Set(found.map(\.value))
                == Set(
                    (1...4).map { event($0).value } + (6..<20).map { event($0).value }
                        + (30..<33).map { event($0).value }))
        #expect(outcomes.reduce(0) { $0 + $1.events } == 20 && outcomes.reduce(0) { $0 + $1.refused } == 1)
        let kept = try #require(outcomes.compactMap(\.kept).first)
        #expect(FileManager.default.contents(atPath: kept)?.range(of: Data("event 5 ".utf8)) != nil)
        #expect(try folder.setAside() == ["events.refused"])
        let again = try await replay.run { _ in
            []
        } done: { _ in
        }
        #expect(again.map(\.events) == [1])
        #expect(
            try await replay.run { _ in
                []
            } done: { _ in
            }.isEmpty, "a second time there is nothing to do")
    }

    @Test("when all is sent no file stays, and a number is never used twice")
    func drained() async throws {
        try await leave([event(0)])
        let first = try #require(try SpoolFolder(path).segments().first)
        #expect(try await drain().sent == [event(0)])
        #expect(try names(".spool").isEmpty)
        try await leave([event(1)])
        let second = try #require(try SpoolFolder(path).segments().first)
        #expect(second.number > first.number)
        #expect(try await drain().sent == [event(1)])
        // Also within one run: what is drained goes, what comes then begins anew.
        let spool = try spool()
        let sent = Mutex<[Delivery]>([])
        spool.start { deliveries, done in
            sent.withLock { $0 += deliveries }
            done([])
        }
        for number in 2..<40 {
            #expect(await append([event(number)], to: spool) == .taken)
            while number.isMultiple(of: 5), try !names(".spool").isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        }
        while spool.isInUse { try await Task.sleep(for: .milliseconds(5)) }
        await spool.close()
        #expect(sent.withLock { $0 } == (2..<40).map { event($0) })
        #expect(try names(".spool").isEmpty)
    }

    @Test("a position that cannot be written is a warning; one that is damaged sends again, and loses nothing")
    func position() async throws {
        try await leave((0..<3).map { event($0) })
        try FileManager.default.createDirectory(atPath: "\(path)/position", withIntermediateDirectories: false)
        let (sent, health) = try await drain()
        #expect(sent.count == 3)
        guard case .warning(let reason) = health else {
            Issue.record("\(health)")
            return
        }
        #expect(reason.contains("position"))
        #expect(try await drain().sent.isEmpty, "all of it is in Kafka: there is nothing to send again")
        try FileManager.default.removeItem(atPath: "\(path)/position")
        let position = SpoolPosition(try SpoolFolder(path))
        try position.save(.init(segment: 12, offset: 3_456))
        #expect(position.load() == .init(segment: 12, offset: 3_456))
        try change("\(path)/position") { $0[11] ^= 1 }
        #expect(position.load() == nil)
    }

    @Test("a spool that refuses says so: whether it is full for what came last, or cannot write")
    func honest() async throws {
        let spool = try spool(bytesMax: 10_000)
        spool.start { deliveries, done in done(deliveries.map(CollectorSpoolTests.away)) }
        #expect(spool.health == .ok)
        #expect(await append([event(0, String(repeating: "x", count: 6_000))], to: spool) == .taken)
        #expect(spool.health == .ok)
        #expect(await append([event(1, String(repeating: "x", count: 6_000))], to: spool) != .taken)
        guard case .failing(let reason) = spool.health else {
            Issue.record("says \(spool.health) while it refuses")
            return
        }
        #expect(reason.contains("full"))
        await spool.close()
    }

    @Test("a disk that takes nothing is told, looked at again, and used again when it does")
    func unwritable() async throws {
        let spool = try spool()
        let isAway = Mutex(true)
        spool.start { deliveries, done in done(isAway.withLock { $0 } ? deliveries.map(CollectorSpoolTests.away) : []) }
        try FileManager.default.removeItem(atPath: path)
        #expect(await append([event(0)], to: spool) != .taken)
        guard case .failing = spool.health else {
            Issue.record("says \(spool.health) while it refuses")
            return
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        while spool.health != .ok { try await Task.sleep(for: .milliseconds(20)) }
        #expect(await append([event(1)], to: spool) == .taken)
        isAway.withLock { $0 = false }
        while spool.isInUse { try await Task.sleep(for: .milliseconds(5)) }
        await spool.close()
    }

    @Test("a folder serves one collector at a time")
    func two() async throws {
        let first = try spool()
        #expect(throws: SpoolError.self) { try self.spool() }
        await first.close()
        await (try spool()).close()
    }
}
