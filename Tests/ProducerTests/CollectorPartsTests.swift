import Foundation
import Logging
import Synchronization
import Testing

@testable import Kafka
@testable import Producer

@Suite("Write keys") struct CollectorKeyTests {
    @Test("a bucket fills steadily, and a batch larger than the burst goes through a full one")
    func bucket() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 10, burst: 20, at: start)
        #expect(bucket.take(20, at: start).isAllowed)
        let refused = bucket.take(5, at: start)
        #expect(refused == TokenBucket.Answer(isAllowed: false, remaining: 0, seconds: 1))
        #expect(bucket.take(5, at: start + .milliseconds(500)).isAllowed)
        #expect(bucket.take(100, at: start + .seconds(60)).isAllowed)
        #expect(!bucket.take(1, at: start + .seconds(61)).isAllowed, "the debt is worked off first")
        #expect(bucket.take(1, at: start + .seconds(69)).isAllowed)
    }

    @Test(
        "a file with a mistake is refused without showing a key",
        arguments: [
            "nonsense", "keys: [{name: a}]", "keys: [{name: a, key: short}]", "keys: [{name: a, key_sha256: xyz}]",
            "keys: [{name: a, key: secret-key-1, topics: [unknown]}]", "keys: [{name: a, key: secret-key-1, rate: 0}]",
            "keys: [{name: a, key: secret-key-1}, {name: b, key: secret-key-1}]",
        ])
    func mistakes(text: String) {
        do throws(KeyFileError) {
            _ = try KeyFile.read(text, topics: ["events"])
            Issue.record("\(text) was read")
        } catch {
            #expect(!error.description.contains("secret-key"))
        }
    }

    @Test("keys may be stored as hashes; a reload is no refill")
    func ring() throws {
        let hash = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
        let text = "keys: [{name: a, key_sha256: \(hash), rate: 1, burst: 1}]"
        let keys = try KeyFile.read(text, topics: [])
        let ring = KeyRing(keys)
        let key = try #require(ring.find(Array("password".utf8)))
        #expect(ring.find(Array("Password".utf8)) == nil)
        let now = ContinuousClock.now
        #expect(ring.take(1, of: key, at: now)?.0.isAllowed == true)
        ring.replace(with: keys)
        #expect(ring.take(1, of: key, at: now)?.0.isAllowed == false)
        ring.replace(with: [])
        #expect(ring.find(Array("password".utf8)) == nil)
    }
}

@Suite("The spool", .timeLimit(.minutes(10))) final class CollectorSpoolTests {
    let path = NSTemporaryDirectory() + "spool-\(UUID().uuidString)"
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func spool(bytesMax: Int = 1 << 24) throws -> Spool {
        try Spool(folder: try SpoolFolder(path), bytesMax: bytesMax, logger: logger)
    }

    func event(_ number: Int) -> Delivery {
        Delivery(
            topic: "events", key: number % 2 == 0 ? nil : Array("k\(number)".utf8),
            value: Array("event \(number)".utf8),
            headers: [("traceparent", [1, 2, 3])])
    }

    func append(_ numbers: Range<Int>, to spool: Spool) async -> DeliveryOutcome {
        await withCheckedContinuation { continuation in
            spool.append(numbers.map(event)) { continuation.resume(returning: $0) }
        }
    }

    static func away(_ delivery: Delivery) -> FailedDelivery {
        FailedDelivery(delivery: delivery, error: .own(.unreachable, "send", "made up", retriable: true))
    }

    /// Starts a spool whose Kafka takes everything.
    func startSending(_ spool: Spool) -> AsyncStream<Delivery> {
        let (sent, feed) = AsyncStream.makeStream(of: Delivery.self)
        spool.start { deliveries, done in
            for delivery in deliveries { feed.yield(delivery) }
            done([])
        }
        return sent
    }

    func collect(_ count: Int, from sent: AsyncStream<Delivery>) async -> [Delivery] {
        var found: [Delivery] = []
        for await delivery in sent {
            found.append(delivery)
            if found.count == count { break }
        }
        return found
    }

    @Test("what Kafka will never take is set aside; of the rest, only what it did not take is sent again")
    func hopeless() async throws {
        let spool = try spool()
        let tries = Mutex<[[Delivery]]>([])
        spool.start { deliveries, done in
            let attempt = tries.withLock { tries in
                tries.append(deliveries)
                return tries.count
            }
            guard attempt == 1 else { return done([]) }
            done([
                FailedDelivery(delivery: deliveries[1], error: .own(.messageTooLarge, "send", "made up")),
                Self.away(deliveries[2]),
            ])
        }
        #expect(await append(0..<4, to: spool) == .taken)
        while spool.isInUse { try await Task.sleep(for: .milliseconds(10)) }
        await spool.close()
        #expect(tries.withLock { $0 } == [(0..<4).map(event), [event(2)]])
        let kept = try #require(FileManager.default.contents(atPath: "\(path)/events.refused"))
        var position = 0
        #expect(SpoolFrame.next(in: Array(kept), at: &position) == event(1))
        #expect(position == kept.count)
    }

    @Test("a copy of a rejected event that no topic takes keeps nothing from being taken; any other message does")
    func lostCopies() {
        var copy = event(1)
        copy.topic = "events.dead-letters"
        for reason in [KafkaError.Reason.unknownTopic, .notAuthorized, .messageTooLarge] {
            let error = KafkaError.own(reason, "send", "made up")
            #expect(FailedDelivery(delivery: copy, error: error).isLostCopy)
            #expect(!FailedDelivery(delivery: event(1), error: error).isLostCopy)
        }
        #expect(!Self.away(copy).isLostCopy, "when Kafka is back it is taken")
    }

    @Test("a frame is read as it was written; a damaged or unfinished one is not")
    func frames() {
        var bytes: [UInt8] = []
        SpoolFrame.append(event(1), to: &bytes)
        SpoolFrame.append(event(2), to: &bytes)
        var position = 0
        #expect(SpoolFrame.next(in: bytes, at: &position) == event(1))
        #expect(SpoolFrame.next(in: bytes, at: &position) == event(2))
        #expect(SpoolFrame.next(in: bytes, at: &position) == nil)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x40
            var (at, read) = (0, [Delivery]())
            while let delivery = SpoolFrame.next(in: damaged, at: &at) { read.append(delivery) }
            #expect(read.isEmpty || read == [event(1)], "byte \(index)")
        }
    }

    @Test("what is kept goes out in order, after a restart as well, and then nothing is left")
    func order() async throws {
        let first = try spool()
        let refused = Mutex(0)
        first.start { deliveries, done in
            refused.withLock { $0 += 1 }
            done(deliveries.map(Self.away))
        }
        #expect(!first.isInUse)
        for start in stride(from: 0, to: 300, by: 3) {
            #expect(await append(start..<start + 3, to: first) == .taken)
        }
        #expect(first.isInUse)
        await first.close()
        // What a killed run was writing at the end.
        let last = try #require(try SpoolFolder(path).segments().last)
        let file = try #require(FileHandle(forWritingAtPath: try SpoolFolder(path).file(last)))
        try file.seekToEnd()
        try file.write(contentsOf: [9, 0, 0, 0, 1])
        try file.close()

        let second = try spool()
        #expect(second.isInUse)
        let sent = startSending(second)
        #expect(await append(300..<303, to: second) == .taken)
        #expect(await collect(303, from: sent) == (0..<303).map(event))
        await second.close()
        #expect(try SpoolFolder(path).segments().isEmpty, "all of it is in Kafka, and nothing stays to be sent again")
        let third = try spool()
        #expect(!third.isInUse)
    }

    @Test("a folder that cannot be listed is no empty one")
    func unlistable() throws {
        let folder = try SpoolFolder(path)
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: SpoolError.self) { try Spool(folder: folder, bytesMax: 1, logger: logger) }
    }

    @Test("a full spool refuses, and says so")
    func full() async throws {
        let spool = try spool(bytesMax: 1_000)
        spool.start { deliveries, done in done(deliveries.map(Self.away)) }
        var outcomes: [DeliveryOutcome] = []
        for number in 0..<20 { outcomes.append(await append(number..<number + 1, to: spool)) }
        #expect(outcomes.first == .taken)
        #expect(outcomes.last == .unavailable(reason: "Kafka is away and the spool is full."))
        await spool.close()
        #expect(await append(0..<1, to: spool) != .taken)
    }
}
