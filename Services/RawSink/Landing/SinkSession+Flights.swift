// A batch on its way into the warehouse. Its first attempt runs beside the loop; whatever that meets besides success is
// dealt with in the loop, which then fetches nothing more: `settle`.
import ControlPlane
import DataContract
import Kafka
import Warehouse

/// A batch that the warehouse has in hand.
struct Flight {
    /// `nil` once they are in the warehouse: others need the memory.
    private(set) var records: RecordBatch?
    var batch: RawBatch
    let decoder: BatchDecoder
    /// The first attempt.
    var attempt: Task<Result<LandingReceipt, WarehouseError>, Never>?

    init(_ batch: RawBatch, of records: RecordBatch, _ decoder: BatchDecoder) {
        self.batch = batch
        self.records = records
        self.decoder = decoder
    }

    /// Gives back the memory of messages and rows.
    mutating func release() {
        records = nil
        batch.rows = RawRows(capacity: 0)
    }
}

extension SinkSession {
    /// Begins the first attempt.
    func launch(_ flight: Flight) {
        var flight = flight
        let topic = flight.batch.contract.topic.name
        expect(&flight.batch)
        for (partition, written) in flight.records?.oldest ?? [:] where partition.topic == topic {
            health.lag.took(partition, from: written.milliseconds)
        }
        let batch = flight.batch
        let warehouse = warehouse
        flight.attempt = Task {
            let clock = ContinuousClock()
            let began = clock.now
            let result: Result<LandingReceipt, WarehouseError>
            do throws(WarehouseError) {
                result = .success(try await warehouse.append(batch))
            } catch {
                result = .failure(error)
            }
            if case .success(let landing) = result {
                await self.arrived(batch, landing: landing, after: began.duration(to: clock.now))
            }
            return result
        }
        flights[topic] = flight
    }

    /// Waits until the topic's batch is landed, whatever that takes.
    func settle(_ topic: String) async throws {
        guard let flight = flights[topic], let attempt = flight.attempt else { return }
        let result = await withTaskCancellationHandler {
            await attempt.value
        } onCancel: {
            attempt.cancel()
        }
        flights[topic] = nil
        guard case .failure(let error) = result else { return }
        guard let records = flight.records else { return }
        do {
            try await land(records, of: flight, refusedWith: error)
        } catch SinkInterruption.partitionsGone {
            try checkDropped(records)
            throw SinkInterruption.partitionsGone
        }
    }

    /// `settle`, for every topic. What was dropped with a revocation is read again by whoever has it now.
    func settleAll() async throws {
        for topic in flights.keys.sorted() {
            do {
                try await settle(topic)
            } catch SinkInterruption.partitionsGone {
                continue
            }
        }
    }

    /// Waits for what is under way, without a second attempt: the session is over.
    func waitForFlights() async {
        for flight in flights.values { _ = await flight.attempt?.value }
        flights = [:]
        await telling?.value
    }

    /// Lands a batch whose first attempt failed: whole, or, where the warehouse refuses that, in parts.
    private func land(_ records: RecordBatch, of flight: Flight, refusedWith error: WarehouseError) async throws {
        var failure: WarehouseError? = error
        var parts = Bisection(count: records.count)
        while let part = parts.current {
            var batch = flight.batch
            if failure == nil {
                batch = flight.decoder.decode(
                    records, in: part.range,
                    refusal: part.refusal.map { Rejection(.refusedByWarehouse, message: $0) })
                expect(&batch)
            }
            do {
                if !batch.sources.isEmpty { try await commit(batch, after: failure) }
                failure = nil
                parts.landed()
            } catch WarehouseError.rowRefused(let row, let column, let reason) {
                failure = nil
                meters.splits.increment()
                let record = row.flatMap { Self.record(ofRow: $0, in: batch, records, part.range) }
                guard parts.refused(at: record, because: column.map { "column \($0): \(reason)" } ?? reason) else {
                    throw WarehouseError.failed(reason: "a message was refused even as a dead letter: \(reason)")
                }
            }
        }
    }

    /// Says where the warehouse stands before the batch.
    private func expect(_ batch: inout RawBatch) {
        let topic = batch.contract.topic.name
        batch.sources = batch.sources.map {
            $0.expecting(positions[TopicPartition(topic, $0.partition)])
        }
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
    /// - Parameter failure: How the first attempt ended, when there was one.
    private func commit(_ batch: RawBatch, after failure: WarehouseError?) async throws {
        let clock = ContinuousClock()
        let began = clock.now
        let landing = try await persist(batch, after: failure)
        await arrived(batch, landing: landing, after: began.duration(to: clock.now))
    }

    /// Notes a transaction that succeeded, and has others told of it.
    /// - Parameter landing: `nil` when the answer was lost: the outbox has it.
    private func arrived(_ batch: RawBatch, landing: LandingReceipt?, after time: Duration) async {
        for source in batch.sources {
            let partition = TopicPartition(batch.contract.topic.name, source.partition)
            if owned.contains(partition) { positions[partition] = source.next }
            uncommitted[partition] = source.next
        }
        health.warehouse(nil)
        health.lag.finished(batch.sources.map { TopicPartition(batch.contract.topic.name, $0.partition) })
        meters.landed(batch, duplicates: landing?.duplicates ?? 0, in: time)
        log.landed(batch, duplicates: landing?.duplicates ?? 0)
        watch.landed(batch)
        flights[batch.contract.topic.name]?.release()
        guard let landing else {
            hasBacklog = true
            return
        }
        // One after the other, so that a broker that is slow to take them slows the sink down instead of filling it up.
        let (message, letters, contract) = (Announcer.message(batch, landing), batch.deadLetters, batch.contract)
        await telling?.value
        telling = Task { await self.tell(message, letters, contract, landing.id) }
    }

    private func tell(
        _ message: DataLanded, _ letters: [DeadLetter], _ contract: Contract, _ landing: Int64
    ) async {
        do {
            try await announcer.announce(message, letters, of: contract, landing: landing)
        } catch {
            noteUnannounced(error)
        }
    }

    /// Landing goes on: what was not told stays in the outbox, and is tried again when there is nothing else to do.
    func noteUnannounced(_ error: any Error) {
        hasBacklog = true
        meters.announcementFailures.increment()
        log.trouble("landing not announced", ["error": "\(error)"])
    }
}
