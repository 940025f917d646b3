// Spool: keeps events on disk while Kafka is away, and hands them over in order when it is back.
// Always: an append is told as taken only after fdatasync; a segment is deleted only after Kafka acknowledged all of it;
// while anything is in the spool, new events go behind it. After a crash, what was not yet marked as sent is sent again,
// with the same event ids.
import BlockingIO
import Dispatch
import Logging
import Metrics
import Synchronization

/// A queue of messages on disk. One thread writes, many appends to one fdatasync; another drains.
final class Spool: Sendable {
    private struct Waiting {
        let frames: [UInt8]
        let completion: @Sendable (DeliveryOutcome) -> Void
    }

    private struct State {
        var waiting: [Waiting] = []
        var waitingBytes = 0
        /// Segments on disk with how many of their bytes are durable, in order; the last is being written.
        var segments: [(number: Int, bytes: Int)] = []
        var readOffset = 0
        var isClosed = false
        var threads = 0

        var storedBytes: Int { segments.reduce(0) { $0 + $1.bytes } - readOffset }
        var isInUse: Bool { !waiting.isEmpty || waitingBytes > 0 || storedBytes > 0 }
    }

    /// Sends what was read, and says what of it Kafka has not taken.
    typealias Sender = @Sendable ([Delivery], @escaping @Sendable ([FailedDelivery]) -> Void) -> Void

    private let folder: SpoolFolder
    private let bytesMax: Int
    private let logger: Logger
    private let state: Mutex<State>
    private let wakeWriter = DispatchSemaphore(value: 0)
    private let wakeDrainer = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let storedGauge = Gauge(label: "collector_spool_bytes")

    private static let segmentBytes = 16 << 20
    private static let readBytes = 1 << 20
    private static let retryPause: DispatchTimeInterval = .milliseconds(500)

    /// Finds what an earlier run left.
    /// - Throws: ``SpoolError`` when that cannot be known.
    init(folder: SpoolFolder, bytesMax: Int, logger: Logger) throws(SpoolError) {
        self.folder = folder
        self.bytesMax = bytesMax
        self.logger = logger
        var state = State()
        state.segments = try folder.segments()
        if let position = folder.position() {
            for segment in state.segments where segment.number < position.segment { folder.delete(segment.number) }
            state.segments.removeAll { $0.number < position.segment }
            if let first = state.segments.first, first.number == position.segment {
                state.readOffset = min(position.offset, first.bytes)
            }
        }
        if state.storedBytes > 0 {
            logger.info("spool has events of an earlier run", metadata: ["bytes": "\(state.storedBytes)"])
        }
        self.state = Mutex(state)
    }

    /// Whether events wait in it: then new ones must go behind them.
    var isInUse: Bool { state.withLock { $0.isInUse } }

    var storedBytes: Int { state.withLock { $0.storedBytes } }

    /// Whether it will soon refuse events, if it does not already.
    var isFull: Bool { state.withLock { $0.storedBytes + $0.waitingBytes } > bytesMax / 20 * 19 }

    /// Puts messages behind the others.
    /// - Parameter completion: `.taken` once they are on the disk.
    func append(_ deliveries: [Delivery], completion: @escaping @Sendable (DeliveryOutcome) -> Void) {
        var frames: [UInt8] = []
        for delivery in deliveries { SpoolFrame.append(delivery, to: &frames) }
        let hasRoom = state.withLock { state in
            guard !state.isClosed, state.storedBytes + state.waitingBytes + frames.count <= bytesMax else {
                return false
            }
            state.waiting.append(Waiting(frames: frames, completion: completion))
            state.waitingBytes += frames.count
            return true
        }
        guard hasRoom else { return completion(.unavailable(reason: "Kafka is away and the spool is full.")) }
        wakeWriter.signal()
    }

    /// Starts both threads.
    func start(send: @escaping Sender) {
        state.withLock { $0.threads = 2 }
        DedicatedThread.start(label: "spool-write") { [self] in writeLoop() }
        DedicatedThread.start(label: "spool-drain") { [self] in drainLoop(send) }
    }

    /// Writes what waits, stops draining, and returns when both threads have ended. What is left is sent by the next run.
    func close() async {
        let threads = state.withLock { state in
            defer { (state.isClosed, state.threads) = (true, 0) }
            return state.threads
        }
        wakeWriter.signal()
        wakeDrainer.signal()
        await withCheckedContinuation { continuation in
            DedicatedThread.start(label: "spool-close") { [ended] in
                for _ in 0..<threads { ended.wait() }
                continuation.resume()
            }
        }
    }

    // MARK: - Writing

    private func writeLoop() {
        var file: Int32 = -1
        var number = state.withLock { $0.segments.last?.number ?? 0 }
        var offset = 0
        while true {
            wakeWriter.wait()
            let (waiting, isClosed) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            if waiting.isEmpty {
                if isClosed { break }
                continue
            }
            var bytes: [UInt8] = []
            for one in waiting { bytes += one.frames }
            var outcome = DeliveryOutcome.taken
            do throws(SpoolError) {
                if file < 0 || offset >= Self.segmentBytes {
                    if file >= 0 { SpoolFile.close(file) }
                    file = -1
                    number += 1
                    offset = 0
                    file = try folder.create(number)
                    state.withLock { $0.segments.append((number, 0)) }
                }
                try folder.write(bytes, to: file, at: offset)
                offset += bytes.count
            } catch {
                // What was written in part is overwritten by the next append, at the same offset.
                logger.error("spool cannot keep events", metadata: ["error": "\(error)"])
                outcome = .unavailable(reason: "Kafka is away and the spool cannot write.")
            }
            let isTaken = outcome == .taken
            state.withLock { state in
                state.waitingBytes -= bytes.count
                if isTaken, let last = state.segments.indices.last { state.segments[last].bytes = offset }
            }
            for one in waiting { one.completion(outcome) }
            storedGauge.record(storedBytes)
            wakeDrainer.signal()
        }
        if file >= 0 { SpoolFile.close(file) }
        ended.signal()
    }

    // MARK: - Draining

    private func drainLoop(_ send: Sender) {
        while true {
            guard !state.withLock({ $0.isClosed }) else { break }
            guard let batch = nextBatch() else {
                wakeDrainer.wait()
                continue
            }
            if sendAll(of: batch, send) { advance(batch) }
        }
        ended.signal()
    }

    /// Sends messages until Kafka has each of them, or they are set aside because it never will.
    /// - Returns: False when the spool was closed before.
    private func sendAll(of batch: Batch, _ send: Sender) -> Bool {
        var waiting = batch.deliveries
        while !waiting.isEmpty {
            let answered = DispatchSemaphore(value: 0)
            let answer = Mutex<[FailedDelivery]>([])
            send(waiting) { failures in
                answer.withLock { $0 = failures }
                answered.signal()
            }
            answered.wait()
            let failures = answer.withLock { $0 }
            let hopeless = failures.filter { !$0.isRetriable }
            waiting = failures.filter(\.isRetriable).map(\.delivery)
            if !hopeless.isEmpty, !setAside(hopeless) { waiting += hopeless.map(\.delivery) }
            if waiting.isEmpty { break }
            _ = wakeDrainer.wait(timeout: .now() + Self.retryPause)
            if state.withLock({ $0.isClosed }) { return false }
        }
        return true
    }

    /// Keeps messages that Kafka will never take in a file of their own: those behind them must not wait for ever.
    private func setAside(_ failures: [FailedDelivery]) -> Bool {
        var frames: [UInt8] = []
        for failure in failures { SpoolFrame.append(failure.delivery, to: &frames) }
        do throws(SpoolError) {
            let file = try folder.keepRefused(frames)
            Counter(label: "collector_spool_refused_total").increment(by: failures.count)
            logger.error(
                "kafka will never take these events of the spool",
                metadata: [
                    "events": "\(failures.count)", "kept_in": "\(file)",
                    "error": "\(failures.first.map { "\($0.error)" } ?? "")",
                ])
            return true
        } catch {
            logger.error("spool cannot keep refused events", metadata: ["error": "\(error)"])
            return false
        }
    }

    private struct Batch {
        let segment: Int
        let deliveries: [Delivery]
        /// Where to read on.
        let end: Int
    }

    /// The next messages; `nil` when there are none.
    private func nextBatch() -> Batch? {
        let place: (number: Int, bytes: Int, offset: Int)? = state.withLock { state in
            while let first = state.segments.first, state.readOffset >= first.bytes, state.segments.count > 1 {
                state.segments.removeFirst()
                state.readOffset = 0
                folder.delete(first.number)
            }
            guard let first = state.segments.first, state.readOffset < first.bytes else { return nil }
            return (first.number, first.bytes, state.readOffset)
        }
        guard let place else { return nil }
        let bytes: [UInt8]
        do throws(SpoolError) {
            // A frame that begins in here may be longer than what is read at once.
            let wanted = min(
                place.bytes - place.offset, max(Self.readBytes, SpoolFrame.bytesMax + SpoolFrame.headerBytes))
            bytes = try folder.read(place.number, from: place.offset, bytesMax: wanted)
        } catch {
            return rest("spool cannot be read", error, at: (place.number, place.offset))
        }
        var deliveries: [Delivery] = []
        var position = 0
        while position < Self.readBytes, let delivery = SpoolFrame.next(in: bytes, at: &position) {
            deliveries.append(delivery)
        }
        if deliveries.isEmpty {
            return passOver(place.number, from: place.offset, to: place.bytes)
        }
        return Batch(segment: place.number, deliveries: deliveries, end: place.offset + position)
    }

    /// The end of what a killed run was writing, of which nothing was promised; or damage on the disk, which may hide
    /// events. Both look alike, so the bytes are kept.
    private func passOver(_ segment: Int, from offset: Int, to end: Int) -> Batch {
        do throws(SpoolError) {
            let copy = try folder.setAside(segment, from: offset, to: end)
            logger.warning(
                "spool passes over an unfinished or damaged end",
                metadata: ["segment": "\(segment)", "bytes": "\(end - offset)", "kept_in": "\(copy)"])
            return Batch(segment: segment, deliveries: [], end: end)
        } catch {
            return rest("spool cannot keep a damaged end", error, at: (segment, offset))
        }
    }

    /// A pause after which the same place is tried again.
    private func rest(_ what: Logger.Message, _ error: SpoolError, at place: (segment: Int, offset: Int)) -> Batch {
        logger.error(what, metadata: ["error": "\(error)"])
        _ = wakeDrainer.wait(timeout: .now() + Self.retryPause)
        return Batch(segment: place.segment, deliveries: [], end: place.offset)
    }

    private func advance(_ batch: Batch) {
        state.withLock { state in
            guard state.segments.first?.number == batch.segment else { return }
            state.readOffset = batch.end
        }
        do throws(SpoolError) {
            try folder.savePosition(batch.segment, batch.end)
        } catch {
            logger.warning("a crash now would send events again", metadata: ["error": "\(error)"])
        }
        storedGauge.record(storedBytes)
    }
}
