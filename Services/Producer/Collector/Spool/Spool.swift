// Spool: keeps events on disk while Kafka is away, and hands them over in order when it is back.
// Always: an append is told as taken only after fdatasync; a segment is deleted only after Kafka acknowledged all of it, and
// then it is, the last one as well; while anything is in the spool, new events go behind it. After a crash, what was not yet
// marked as sent is sent again, with the same event ids.
import BlockingIO
import Dispatch
import Logging
import Metrics
import ServiceRuntime
import Synchronization

/// A queue of messages on disk. One thread writes, many appends to one fdatasync; another drains.
final class Spool: Sendable {
    private struct Waiting {
        let deliveries: [Delivery]
        /// What they take in a segment.
        let bytes: Int
        let completion: @Sendable (DeliveryOutcome) -> Void
    }

    private struct State {
        var waiting: [Waiting] = []
        var waitingBytes = 0
        /// Segments on disk, in order; the last is being written.
        var segments: [SpoolSegment] = []
        /// Every segment so far has a smaller number.
        var nextNumber = 1
        var readOffset = 0
        /// How much did not fit when events were refused last.
        var refusedBytes = 0
        /// Why nothing can be written.
        var writeTrouble: String?
        /// Why a crash now would send events again.
        var positionTrouble: String?
        /// Files that were set aside and wait for a replay.
        var setAside = 0
        var isClosed = false
        var threads = 0

        var storedBytes: Int { segments.reduce(0) { $0 + $1.bytes } - readOffset }
        var isInUse: Bool { !waiting.isEmpty || waitingBytes > 0 || storedBytes > 0 }

        /// Whether `more` bytes have room.
        func hasRoom(for more: Int, of bytesMax: Int) -> Bool { storedBytes + waitingBytes + more <= bytesMax }
    }

    /// Sends what was read, and says what of it Kafka has not taken.
    typealias Sender = @Sendable ([Delivery], @escaping @Sendable ([FailedDelivery]) -> Void) -> Void

    private let folder: SpoolFolder
    private let position: SpoolPosition
    private let lock: Mutex<SpoolLock?>
    private let bytesMax: Int
    private let logger: Logger
    private let state: Mutex<State>
    private let wakeWriter = DispatchSemaphore(value: 0)
    private let wakeDrainer = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let storedGauge = Gauge(label: "collector_spool_bytes")
    private let setAsideGauge = Gauge(label: "collector_spool_set_aside_files")

    private static let segmentBytes = 16 << 20
    private static let readBytes = 1 << 20
    private static let retryPause: DispatchTimeInterval = .milliseconds(500)
    /// How often a disk that takes nothing is tried, and files that were set aside are counted.
    private static let lookPause: DispatchTimeInterval = .seconds(1)

    /// Takes the folder, and finds what an earlier run left.
    /// - Throws: ``SpoolError`` when that cannot be known, or another collector has the folder.
    init(folder: SpoolFolder, bytesMax: Int, logger: Logger) throws(SpoolError) {
        self.folder = folder
        self.bytesMax = bytesMax
        self.logger = logger
        lock = Mutex(try folder.lock())
        position = SpoolPosition(folder)
        var state = State()
        state.segments = try folder.segments()
        if let place = position.load() {
            for segment in state.segments where segment.number < place.segment {
                do throws(SpoolError) {
                    try folder.delete(segment)
                } catch {
                    logger.warning("spool keeps a file that was sent", metadata: ["error": "\(error)"])
                }
            }
            state.segments.removeAll { $0.number < place.segment }
            if let first = state.segments.first, first.number == place.segment {
                state.readOffset = min(place.offset, first.bytes)
            }
            state.nextNumber = place.segment + 1
        }
        state.nextNumber = max(state.nextNumber, (state.segments.last?.number ?? 0) + 1)
        state.setAside = try folder.setAside().count
        if state.storedBytes > 0 {
            logger.info("spool has events of an earlier run", metadata: ["bytes": "\(state.storedBytes)"])
        }
        self.state = Mutex(state)
    }

    /// Whether events wait in it: then new ones must go behind them.
    var isInUse: Bool { state.withLock { $0.isInUse } }

    var storedBytes: Int { state.withLock { $0.storedBytes } }

    /// What `/readyz` says of it: never that all is well while events are refused.
    var health: HealthStatus {
        state.withLock { state in
            if let trouble = state.writeTrouble { return .failing("Events are refused. \(trouble)") }
            // Nearly full, or too full for what was refused last.
            let needed = min(max(state.refusedBytes, bytesMax / 20), bytesMax)
            if state.storedBytes + state.waitingBytes > 0, !state.hasRoom(for: needed, of: bytesMax) {
                return .failing("The spool is full (COLLECTOR_SPOOL_MAX); Kafka does not take its events.")
            }
            if let trouble = state.positionTrouble {
                return .warning("A crash now would send events again. \(trouble)")
            }
            guard state.setAside > 0 else { return .ok }
            return .warning(
                "\(state.setAside) file\(state.setAside == 1 ? "" : "s") of events set aside in \(folder.path): "
                    + "run `producer spool list`, then `producer spool replay`.")
        }
    }

    /// Puts messages behind the others.
    /// - Parameter completion: `.taken` once they are on the disk.
    func append(_ deliveries: [Delivery], completion: @escaping @Sendable (DeliveryOutcome) -> Void) {
        let bytes = deliveries.reduce(0) { $0 + SpoolFrame.bytes(of: $1) }
        let hasRoom = state.withLock { state in
            guard !state.isClosed else { return false }
            guard state.hasRoom(for: bytes, of: bytesMax) else {
                state.refusedBytes = bytes
                return false
            }
            state.waiting.append(Waiting(deliveries: deliveries, bytes: bytes, completion: completion))
            state.waitingBytes += bytes
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
            DedicatedThread.start(label: "spool-close") { [self] in
                for _ in 0..<threads { ended.wait() }
                lock.withLock { $0 = nil }
                continuation.resume()
            }
        }
    }

    // MARK: - Writing

    private func writeLoop() {
        var open: (file: Int32, segment: SpoolSegment)?
        var offset = 0
        while true {
            let isWell = state.withLock { $0.writeTrouble == nil }
            if wakeWriter.wait(timeout: isWell ? .distantFuture : .now() + Self.lookPause) == .timedOut {
                probe()
                continue
            }
            let (waiting, isClosed, current) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed, state.segments.last?.number)
            }
            // Drained to its end, the segment that was written to is no more.
            if let old = open, old.segment.number != current || offset >= Self.segmentBytes {
                SpoolFile.close(old.file)
                open = nil
            }
            if waiting.isEmpty {
                if isClosed { break }
                continue
            }
            var outcome = DeliveryOutcome.taken
            do throws(SpoolError) {
                let (file, segment): (Int32, SpoolSegment)
                if let open {
                    (file, segment) = open
                } else {
                    (file, segment) = try begin()
                    (open, offset) = ((file, segment), 0)
                }
                var bytes: [UInt8] = []
                for one in waiting {
                    for delivery in one.deliveries { SpoolFrame.append(delivery, mark: segment.mark, to: &bytes) }
                }
                do throws(SpoolError) {
                    try folder.write(bytes, to: file, at: offset)
                } catch {
                    // What was written in part was promised to nobody; what cannot be cut off is overwritten.
                    if !SpoolFile.cut(file, at: offset) {
                        logger.warning("spool keeps a part of what it could not write")
                    }
                    throw error
                }
                offset += bytes.count
            } catch {
                logger.error("spool cannot keep events", metadata: ["error": "\(error)"])
                outcome = .unavailable(reason: "Kafka is away and the spool cannot write.")
                state.withLock { $0.writeTrouble = "\(error)" }
            }
            let (isTaken, end) = (outcome == .taken, offset)
            state.withLock { state in
                state.waitingBytes -= waiting.reduce(0) { $0 + $1.bytes }
                guard isTaken, let last = state.segments.indices.last else { return }
                state.segments[last].bytes = end
                state.writeTrouble = nil
            }
            for one in waiting { one.completion(outcome) }
            storedGauge.record(storedBytes)
            wakeDrainer.signal()
        }
        if let open { SpoolFile.close(open.file) }
        ended.signal()
    }

    /// Begins a segment behind the others.
    private func begin() throws(SpoolError) -> (file: Int32, segment: SpoolSegment) {
        let segment = state.withLock { state in
            defer { state.nextNumber += 1 }
            return SpoolSegment(number: state.nextNumber, mark: SpoolFrame.makeMark())
        }
        let file = try folder.create(segment)
        state.withLock { $0.segments.append(segment) }
        return (file, segment)
    }

    /// Nobody may send to a collector that is not ready: whether the disk has room again is for it to find out.
    private func probe() {
        do throws(SpoolError) {
            try folder.probe()
            state.withLock { $0.writeTrouble = nil }
            logger.info("spool can write again")
        } catch {
            logger.debug("spool cannot write yet", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Draining

    private func drainLoop(_ send: Sender) {
        while true {
            guard !state.withLock({ $0.isClosed }) else { break }
            guard let batch = nextBatch() else {
                let isClear = state.withLock { $0.setAside == 0 }
                _ = wakeDrainer.wait(timeout: isClear ? .distantFuture : .now() + Self.lookPause)
                countSetAside()
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
            countSetAside()
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

    /// How many files wait for a replay, which is another process.
    private func countSetAside() {
        do throws(SpoolError) {
            let count = try folder.setAside().count
            state.withLock { $0.setAside = count }
            setAsideGauge.record(count)
        } catch {
            logger.warning("spool cannot count what was set aside", metadata: ["error": "\(error)"])
        }
    }

    private struct Batch {
        let segment: SpoolSegment
        let deliveries: [Delivery]
        /// Where to read on.
        let end: Int
    }

    /// The next messages; `nil` when there are none.
    private func nextBatch() -> Batch? {
        retire()
        let place: (segment: SpoolSegment, offset: Int)? = state.withLock { state in
            guard let first = state.segments.first, state.readOffset < first.bytes else { return nil }
            return (first, state.readOffset)
        }
        guard let (segment, offset) = place else { return nil }
        let bytes: [UInt8]
        do throws(SpoolError) {
            // A frame that begins in what is read at once may be longer.
            let wanted = min(segment.bytes - offset, Self.readBytes + SpoolFrame.wholeBytes)
            bytes = try folder.read(folder.file(segment), from: offset, bytesMax: wanted)
        } catch {
            return rest("spool cannot be read", error, at: (segment, offset))
        }
        var deliveries: [Delivery] = []
        var position = 0
        while position < Self.readBytes, let delivery = SpoolFrame.next(in: bytes, at: &position, mark: segment.mark) {
            deliveries.append(delivery)
        }
        if deliveries.isEmpty { return passOver(segment, from: offset) }
        return Batch(segment: segment, deliveries: deliveries, end: offset + position)
    }

    /// Lets go of segments of which Kafka has everything. The last one stays while something may be on its way into it.
    private func retire() {
        var drained: [SpoolSegment] = []
        state.withLock { state in
            while let first = state.segments.first, state.readOffset >= first.bytes,
                state.segments.count > 1 || state.waitingBytes == 0
            {
                drained.append(state.segments.removeFirst())
                state.readOffset = 0
            }
        }
        for segment in drained { delete(segment) }
    }

    /// Deletes a segment that Kafka has, and has the writer let go of it.
    private func delete(_ segment: SpoolSegment) {
        wakeWriter.signal()
        do throws(SpoolError) {
            try folder.delete(segment)
        } catch {
            logger.warning("a restart would send events again", metadata: ["error": "\(error)"])
            state.withLock { $0.positionTrouble = "\(error)" }
        }
    }

    /// The end of what a killed run was writing, of which nothing was promised; or damage on the disk, which may hide
    /// events. Both look alike, so the bytes are kept; what is behind them goes out.
    private func passOver(_ segment: SpoolSegment, from offset: Int) -> Batch {
        do throws(SpoolError) {
            let end = try folder.soundFrame(
                in: folder.file(segment), from: offset + 1, before: segment.bytes, mark: segment.mark)
            let copy = try folder.setAside(segment, from: offset, to: end)
            countSetAside()
            logger.warning(
                "spool passes over unfinished or damaged bytes",
                metadata: [
                    "segment": "\(segment.number)", "bytes": "\(end - offset)", "kept_in": "\(copy)",
                    "hint": "producer spool replay",
                ])
            return Batch(segment: segment, deliveries: [], end: end)
        } catch {
            return rest("spool cannot keep damaged bytes", error, at: (segment, offset))
        }
    }

    /// A pause after which the same place is tried again.
    private func rest(_ what: Logger.Message, _ error: SpoolError, at place: (segment: SpoolSegment, offset: Int))
        -> Batch
    {
        logger.error(what, metadata: ["error": "\(error)"])
        _ = wakeDrainer.wait(timeout: .now() + Self.retryPause)
        return Batch(segment: place.segment, deliveries: [], end: place.offset)
    }

    private func advance(_ batch: Batch) {
        var trouble: String?
        do throws(SpoolError) {
            try position.save(.init(segment: batch.segment.number, offset: batch.end))
        } catch {
            trouble = "\(error)"
            logger.warning("a crash now would send events again", metadata: ["error": "\(error)"])
        }
        state.withLock { state in
            state.positionTrouble = trouble
            guard state.segments.first?.number == batch.segment.number else { return }
            state.readOffset = batch.end
        }
        retire()
        storedGauge.record(storedBytes)
    }
}
