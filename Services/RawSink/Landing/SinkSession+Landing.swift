// One batch, until it is in the warehouse: whole, or, where the warehouse refuses that, in parts, without the messages
// that it refuses. While the warehouse is away, or a table takes nothing, it is tried again.
import DataContract
import Kafka
import Warehouse

extension SinkSession {
    /// - Throws: `Dropped` when there is no use in trying any longer; `WarehouseError.fenced`; `.incompatibleTable`;
    ///   `.failed` when a message was refused even as a dead letter.
    func land(_ flight: Flight, of topic: String) async throws {
        var isWhole = true
        let records = flight.records
        var parts = Bisection(count: records.count)
        while let part = parts.current {
            let batch =
                isWhole
                ? flight.batch
                : flight.decoder.decode(
                    records, in: part.range,
                    refusal: part.refusal.map { Rejection(.refusedByWarehouse, message: $0) })
            isWhole = false
            do {
                if !batch.sources.isEmpty { try await commit(expected(batch)) }
                parts.landed()
            } catch WarehouseError.rowRefused(let row, let column, let reason) {
                meters.splits.increment()
                let record = row.flatMap { Self.record(ofRow: $0, in: batch, records, part.range) }
                guard parts.refused(at: record, because: column.map { "column \($0): \(reason)" } ?? reason) else {
                    throw WarehouseError.failed(reason: "a message was refused even as a dead letter: \(reason)")
                }
            }
        }
    }

    /// The batch, saying where the warehouse stands before it.
    private func expected(_ batch: RawBatch) -> RawBatch {
        let topic = batch.contract.topic.name
        var batch = batch
        batch.sources = batch.sources.map { $0.expecting(positions[TopicPartition(topic, $0.partition)]) }
        return batch
    }

    /// The index of the record that became the batch's row number `row`: rows are the topic's records without the dead
    /// letters.
    private static func record(
        ofRow row: Int, in batch: RawBatch, _ records: RecordBatch, _ range: Range<Int>
    ) -> Int? {
        let topic = batch.contract.topic.name
        var rejected = batch.deadLetters[...]
        var rows = 0
        for index in range where records[index].topic == topic {
            let (partition, offset) = (records[index].partition, records[index].offset)
            if let letter = rejected.first, letter.position.partition == partition, letter.position.offset == offset {
                rejected.removeFirst()
                continue
            }
            if rows == row { return index }
            rows += 1
        }
        return nil
    }

    /// One transaction, tried until it succeeds.
    private func commit(_ batch: RawBatch) async throws {
        let topic = batch.contract.topic.name
        let clock = ContinuousClock()
        var backoff = Backoff()
        var isUncertain = false
        while true {
            let began = clock.now
            let attempt = await append(batch)
            let time = began.duration(to: clock.now)
            switch attempt {
            case .success(let landing): return arrived(batch, landing, after: time)
            case .failure(.fenced) where isUncertain:
                // The connection broke during COMMIT, or another sink has landed more. The positions tell.
                guard try await hasLanded(batch) else {
                    throw WarehouseError.fenced(topic: topic, partitions: batch.sources.map(\.partition))
                }
                // The outbox has the landing, and tells of it.
                return arrived(batch, nil, after: time)
            case .failure(let error):
                switch error {
                case .fenced, .rowRefused: throw error
                // Its table is another contract's by now, under which the records are read again.
                case .incompatibleTable where isSuperseded(batch.contract): throw Unread()
                // Nobody can mend that while this sink runs under the contract that it has.
                case .incompatibleTable: throw error
                default: isUncertain = true
                }
                try await hold(topic, error, for: backoff.next())
            }
        }
    }

    private func append(_ batch: RawBatch) async -> Result<Landing, WarehouseError> {
        do throws(WarehouseError) {
            return .success(try await warehouse.append(batch))
        } catch {
            return .failure(error)
        }
    }

    /// Notes a transaction that succeeded, and has others told of it.
    /// - Parameter landing: `nil` when the answer was lost.
    private func arrived(_ batch: RawBatch, _ landing: Landing?, after time: Duration) {
        let topic = batch.contract.topic.name
        for source in batch.sources {
            let partition = TopicPartition(topic, source.partition)
            if owned.contains(partition) { positions[partition] = source.next }
            uncommitted[partition] = source.next
            health.lag.landed(partition, to: source.next)
        }
        health.topic(topic, nil)
        let duplicates = landing?.duplicates ?? 0
        meters.landed(batch, duplicates: duplicates, in: time)
        log.landed(batch, duplicates: duplicates)
        watch.landed(batch)
        if let landing { announcer.announce(landing, batch.deadLetters, of: batch.contract) }
    }

    /// The warehouse does not take a batch now: its topic is paused, and waits.
    /// - Throws: `Dropped` when the batch is not to be tried again.
    private func hold(_ topic: String, _ error: WarehouseError, for pause: Duration) async throws {
        meters.retries.increment()
        health.topic(topic, "\(error)")
        health.inHand(topic, false)
        log.trouble(
            error.isRetriable ? "warehouse away" : "warehouse refuses; it is asked again",
            ["topic": "\(topic)", "error": "\(error)"])
        lanes[topic]?.isStuck = true
        wakeLoop()
        try await self.pause(topic)
        guard await rest(pause, while: { self.isWanted(topic) }) else { throw Dropped() }
        health.inHand(topic, true)
    }

    /// Whether a batch of the topic is worth another attempt. Whoever gets the partitions reads the batch again: waiting
    /// would hold up the whole group.
    private func isWanted(_ topic: String) -> Bool { !isOver && !isStopping && !leaving.contains(topic) }

    /// Where the warehouse stands; asked again for as long as it is away.
    /// - Returns: `nil` when that is not wanted any longer.
    func positions(
        of topic: String, while isWanted: () -> Bool
    ) async throws -> [Int32: Offset]? {
        var backoff = Backoff(longest: .seconds(2))
        while true {
            switch await storedPositions(of: topic) {
            case .success(let found):
                health.warehouse(nil)
                return found
            case .failure(let error):
                guard error.isRetriable else { throw error }
                meters.retries.increment()
                health.warehouse("\(error)")
                log.trouble("warehouse away", ["error": "\(error)"])
                guard await rest(backoff.next(), while: isWanted) else { return nil }
            }
        }
    }

    private func storedPositions(of topic: String) async -> Result<[Int32: Offset], WarehouseError> {
        do throws(WarehouseError) {
            return .success(try await warehouse.sinkPositions(of: topic))
        } catch {
            return .failure(error)
        }
    }

    /// Whether the warehouse stands exactly where this batch ends.
    private func hasLanded(_ batch: RawBatch) async throws -> Bool {
        let topic = batch.contract.topic.name
        guard let found = try await positions(of: topic, while: { self.isWanted(topic) }) else { throw Dropped() }
        return batch.sources.allSatisfy { found[$0.partition] == $0.next }
    }

    /// - Returns: False as soon as `isWanted` is.
    private func rest(_ duration: Duration, while isWanted: () -> Bool) async -> Bool {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            guard isWanted() else { return false }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return false }
        }
        return isWanted()
    }
}
