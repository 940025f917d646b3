// Lanes: each topic's way into the warehouse. While one batch of a topic is in the warehouse's hands, the next is fetched
// and decoded. A topic whose table takes nothing holds up no other: it is paused, and tried again until it does.
import DataContract
import Kafka
import Warehouse

/// A batch on its way into the warehouse.
struct Flight {
    let records: RecordBatch
    let batch: RawBatch
    let decoder: BatchDecoder

    init(_ batch: RawBatch, of records: RecordBatch, _ decoder: BatchDecoder) {
        self.batch = batch
        self.records = records
        self.decoder = decoder
    }

    var partitions: [TopicPartition] {
        batch.sources.map { TopicPartition(batch.contract.topic.name, $0.partition) }
    }
}

/// The batches of one topic, one after the other.
struct Lane {
    /// In the warehouse's hands.
    var flight: Flight?
    /// Brings the flight home, whatever that takes.
    var work: Task<Void, Never>?
    /// Behind it.
    var waiting: [Flight] = []
    /// The flight was refused or got no answer, and is tried again.
    var isStuck = false
    /// The topic's partitions are paused.
    var isPaused = false

    var isEmpty: Bool { flight == nil && waiting.isEmpty }
}

/// Records were dropped that this sink must still land: it has to join anew.
struct Unread: Error {}

/// The batch in hand is not landed after all. It is not lost: it is read again from the warehouse's offsets.
struct Dropped: Error {}

extension SinkSession {
    /// How long the loop waits for a topic whose batches come faster than they land.
    private static let patience: Duration = .seconds(2)
    /// How long a revocation waits for batches that the warehouse has in hand.
    private static let farewell: Duration = .seconds(10)

    /// Sends a batch on its way; behind another one, it waits. Fetching waits with it, for a while; then the topic is
    /// paused, and the others go on.
    func put(_ flight: Flight, into topic: String) async throws {
        for (partition, written) in flight.records.oldest where partition.topic == topic {
            guard let next = flight.records.source[partition]?.upperBound else { continue }
            health.lag.took(partition, to: next, from: written.milliseconds)
        }
        lanes[topic, default: Lane()].waiting.append(flight)
        launch(topic)
        let end = ContinuousClock.now + Self.patience
        while let lane = lanes[topic], !lane.waiting.isEmpty, failure == nil, !isStopping {
            guard !lane.isStuck, ContinuousClock.now < end else { return try await pause(topic) }
            await laneChange(within: ContinuousClock.now.duration(to: end))
        }
    }

    /// Waits until these lanes are empty. What the warehouse does not take now is dropped.
    func empty(_ topics: Set<String>) async {
        let end = ContinuousClock.now + Self.farewell
        while let busy = topics.first(where: { lanes[$0]?.isEmpty == false }) {
            if failure != nil || lanes[busy]?.isStuck == true || ContinuousClock.now >= end {
                lanes[busy]?.work?.cancel()
                await lanes[busy]?.work?.value
                drop(busy)
            } else {
                await laneChange(within: min(.milliseconds(500), ContinuousClock.now.duration(to: end)))
            }
        }
        for topic in topics { lanes[topic] = nil }
    }

    /// Waits for what the warehouse has in hand, without another attempt.
    func close() async {
        isOver = true
        for topic in lanes.keys.sorted() {
            if Task.isCancelled { lanes[topic]?.work?.cancel() }
            await lanes[topic]?.work?.value
        }
        lanes = [:]
        endNote?.cancel()
        await endNote?.value
        health.forgetPartitions()
        log.summary()
    }

    /// Begins with the next batch of a topic, if none is under way.
    private func launch(_ topic: String) {
        guard var lane = lanes[topic], lane.flight == nil, !lane.waiting.isEmpty else { return }
        lane.flight = lane.waiting.removeFirst()
        lane.work = Task { await self.fly(topic) }
        lanes[topic] = lane
    }

    /// Brings the topic's flight into the warehouse, and begins with the next.
    private func fly(_ topic: String) async {
        guard let flight = lanes[topic]?.flight else { return }
        health.inHand(topic, true)
        do {
            try await land(flight, of: topic)
            health.inHand(topic, false)
            lanes[topic]?.flight = nil
            lanes[topic]?.isStuck = false
            if !isOver { launch(topic) }
            await resume(topic)
        } catch {
            health.inHand(topic, false)
            if !(error is Dropped) { failure = failure ?? error }
            drop(topic)
        }
        wakeLoop()
    }

    /// Forgets what is in a lane. The consumer is past its records: of a partition that is still owned they would never
    /// come again.
    private func drop(_ topic: String) {
        guard let lane = lanes[topic] else { return }
        let flights = [lane.flight].compactMap { $0 } + lane.waiting
        lanes[topic] = Lane(isPaused: lane.isPaused)
        if flights.contains(where: { $0.partitions.contains(where: owned.contains) }) { failure = failure ?? Unread() }
    }

    func pause(_ topic: String) async throws {
        guard lanes[topic]?.isPaused == false else { return }
        lanes[topic]?.isPaused = true
        log.trouble("topic paused until its batch has landed", ["topic": "\(topic)"])
        try await consumer.pause(owned.filter { $0.topic == topic })
    }

    /// Goes on fetching when nothing waits any more.
    private func resume(_ topic: String) async {
        guard let lane = lanes[topic], lane.isPaused, lane.waiting.isEmpty, !isOver else { return }
        lanes[topic]?.isPaused = false
        do {
            try await consumer.resume(
                owned.filter { $0.topic == topic && !watch.stopped.contains($0) && !gone.contains($0) })
        } catch {
            failure = failure ?? error
        }
    }

    /// Waits until a lane has moved, so long at most.
    private func laneChange(within limit: Duration) async {
        let alarm = Task {
            try await Task.sleep(for: limit)
            self.wakeLoop()
        }
        await withCheckedContinuation { loop = $0 }
        alarm.cancel()
    }

    func wakeLoop() {
        loop?.resume()
        loop = nil
    }
}
