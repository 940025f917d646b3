// Replay: reads stretches of a topic by assignment, without the group, and writes what belongs where it lacks.
// Always: nothing of the sink's moves; a stretch ends where it ended when the replay began; killed, it can be run again.
import DataContract
import Foundation
import Kafka
import Logging
import Warehouse

/// One replay of a topic.
struct Replay {
    let kafka: KafkaSettings
    let warehouse: any RawWarehouse
    let contract: Contract
    /// Another table; nil fills the contract's own.
    let target: Contract.TableName?
    let logger: Logger
    var limits = BatchLimits(recordsMax: 20_000, bytesMax: 16 << 20, waitMax: .milliseconds(200))

    /// What was done.
    struct Report: Equatable, CustomStringConvertible {
        var read = 0
        var landed = 0
        var rejected = 0
        /// Offsets that were asked for and hold no message: compacted, or a transaction's marks.
        var empty = 0

        var description: String {
            "\(read) messages read, \(landed) rows written, \(rejected) rejected"
                + (empty == 0 ? "" : ", \(empty) offsets hold no message")
        }
    }

    init(
        kafka: KafkaSettings, warehouse: any RawWarehouse, contract: Contract, into target: Contract.TableName?,
        logger: Logger
    ) {
        self.kafka = kafka
        self.warehouse = warehouse
        self.contract = target.map(contract.copied(to:)) ?? contract
        self.target = target
        self.logger = logger
    }

    /// - Parameter progress: Gets the report so far, every few seconds.
    func run(
        from begin: ReplayPoint, to end: ReplayPoint?, progress: (Report) -> Void = { _ in }
    ) async throws -> Report {
        var report = Report()
        let asked = try await stretches(from: begin, to: end)
        var wanted: [Int32: [Range<Offset>]] = [:]
        var positions: [Int32: Offset] = [:]
        if let target {
            _ = try await warehouse.replayPositions(of: contract.topic.name, into: target)  // forgets a dropped table's
            _ = try await warehouse.prepareRawTables(for: [contract])
            positions = try await warehouse.replayPositions(of: contract.topic.name, into: target)
            for (partition, range) in asked {
                let first = max(range.lowerBound, positions[partition] ?? 0)
                if first < range.upperBound { wanted[partition] = [first..<range.upperBound] }
            }
        } else {
            // What no sink has landed yet is the sinks' own.
            let landed = try await warehouse.sinkPositions(of: contract.topic.name)
            for (partition, range) in asked {
                let end = min(range.upperBound, landed[partition] ?? 0)
                guard range.lowerBound < end else { continue }
                let missing = try await warehouse.missingOffsets(
                    of: contract, partition: partition, in: range.lowerBound..<end)
                if !missing.isEmpty { wanted[partition] = missing }
            }
        }
        for partition in wanted.keys.sorted() {
            for stretch in OffsetRanges.stretches(wanted[partition] ?? [], gapMax: Self.gapMax) {
                try await read(partition, stretch, &positions, &report, progress)
            }
        }
        return report
    }

    /// Reading over so many messages is cheaper than to begin anew behind them.
    private static let gapMax: Offset = 50_000

    /// The offsets asked for, by partition, as far as the topic has them now.
    private func stretches(from begin: ReplayPoint, to end: ReplayPoint?) async throws -> [Int32: Range<Offset>] {
        let admin = try KafkaAdmin(kafka, logger: logger)
        do {
            let topic = contract.topic.name
            let marks = try await admin.watermarks(of: topic)
            let firsts = try await offsets(of: begin, marks, admin)
            let lasts = try await offsets(ofEnd: end, marks, admin)
            await admin.close()
            var stretches: [Int32: Range<Offset>] = [:]
            for (partition, mark) in marks {
                guard let first = firsts[partition], let last = lasts[partition] else { continue }
                let (low, high) = (max(first, mark.lowerBound), min(last, mark.upperBound))
                if low < high { stretches[partition.partition] = low..<high }
            }
            return stretches
        } catch {
            await admin.close()
            throw error
        }
    }

    private func offsets(
        ofEnd point: ReplayPoint?, _ marks: [TopicPartition: Range<Offset>], _ admin: KafkaAdmin
    ) async throws -> [TopicPartition: Offset] {
        guard let point else { return marks.mapValues(\.upperBound) }
        return try await offsets(of: point, marks, admin)
    }

    private func offsets(
        of point: ReplayPoint, _ marks: [TopicPartition: Range<Offset>], _ admin: KafkaAdmin
    ) async throws -> [TopicPartition: Offset] {
        switch point {
        case .offset(let offset): return marks.mapValues { _ in offset }
        case .offsets(let offsets):
            var found: [TopicPartition: Offset] = [:]
            for (partition, offset) in offsets { found[TopicPartition(contract.topic.name, partition)] = offset }
            return found
        case .time(let microseconds):
            let time = KafkaTimestamp(milliseconds: microseconds / 1_000)
            let found = try await admin.offsets(for: marks.mapValues { _ in time })
            // A partition without a message as late as that: its end.
            return Dictionary(uniqueKeysWithValues: marks.map { ($0.key, found[$0.key] ?? $0.value.upperBound) })
        }
    }

    private func read(
        _ partition: Int32, _ wanted: OffsetRanges, _ positions: inout [Int32: Offset], _ report: inout Report,
        _ progress: (Report) -> Void
    ) async throws {
        let source = TopicPartition(contract.topic.name, partition)
        let range = wanted.bounds
        let consumer = try KafkaConsumer(
            kafka, partitions: [source: .offset(range.lowerBound)], limits: limits, reportsPartitionEnd: true,
            logger: logger)
        var next = range.lowerBound
        var told = ContinuousClock.now
        let readBefore = report.read
        do {
            while next < range.upperBound {
                try Task.checkCancellation()
                switch try await consumer.poll(within: .seconds(1)) {
                case .records(let records):
                    try await land(records, partition, wanted, &positions, &report)
                    next = max(next, records.source[source]?.upperBound ?? next)
                case .reachedEnd: next = range.upperBound  // what is left are offsets without messages
                default: break
                }
                if told.duration(to: .now) > .seconds(5) {
                    progress(report)
                    told = .now
                }
            }
            report.empty += wanted.count - (report.read - readBefore)
            try await consumer.close()
        } catch {
            consumer.finish()
            throw error
        }
    }

    /// Writes the records that are wanted; where the warehouse refuses one, the two halves apart, until it stands alone and
    /// becomes a dead letter.
    private func land(
        _ records: RecordBatch, _ partition: Int32, _ wanted: OffsetRanges, refusal: Rejection? = nil,
        _ positions: inout [Int32: Offset], _ report: inout Report
    ) async throws {
        let batch = decode(records, partition, wanted, expected: positions[partition], refusal: refusal)
        guard let source = batch.sources.first else { return }
        let outcome = try await write(batch)
        if let reason = outcome.refusal {
            guard refusal == nil else {
                throw WarehouseError.failed(reason: "a message was refused even as a dead letter: \(reason)")
            }
            guard source.next - source.first > 1 else {
                let rejection = Rejection(.refusedByWarehouse, message: reason)
                return try await land(
                    records, partition, wanted.within(source.first..<source.next), refusal: rejection, &positions,
                    &report)
            }
            let middle = source.first + (source.next - source.first) / 2
            try await land(records, partition, wanted.within(source.first..<middle), &positions, &report)
            return try await land(records, partition, wanted.within(middle..<source.next), &positions, &report)
        }
        report.landed += outcome.rows
        positions[partition] = source.next
        report.read += batch.rows.count + batch.deadLetters.count
        report.rejected += batch.deadLetters.count
    }

    /// - Returns: Rows written, or why the warehouse refused one of them.
    private func write(_ batch: RawBatch) async throws -> (rows: Int, refusal: String?) {
        do {
            guard target != nil else { return (try await warehouse.fill(batch), nil) }
            try await warehouse.appendReplayed(batch)
            return (batch.rows.count, nil)
        } catch {
            guard case .rowRefused(_, let column, let reason) = error else { throw error }
            return (0, column.map { "column \($0): \(reason)" } ?? reason)
        }
    }

    /// The records that are wanted, as rows and dead letters.
    private func decode(
        _ records: RecordBatch, _ partition: Int32, _ wanted: OffsetRanges, expected: Offset?,
        refusal: Rejection?
    ) -> RawBatch {
        let decoder = RecordDecoder(contract)
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        var batch = RawBatch(
            contract: contract, rows: RawRows(capacity: 1 << 16), deadLetters: [], sources: [], bytes: 0,
            eventTimes: EventTimeRange())
        var stretch: (first: Offset, next: Offset)?
        for record in records where wanted.contains(record.offset) {
            stretch = (stretch?.first ?? record.offset, record.offset + 1)
            let position = MessagePosition(partition: partition, offset: record.offset, ingestedAt: now)
            let outcome = record.withValue { value in
                batch.bytes += value?.count ?? 0
                if let refusal { return DecodeOutcome.rejected(refusal) }
                return decoder.decode(value, at: position, into: &batch.rows)
            }
            switch outcome {
            case .row(let time): if let time { batch.eventTimes.insert(time) }
            case .rejected(let rejection):
                batch.deadLetters.append(DeadLetter(record, rejection, table: contract.table, failedAt: now))
            }
        }
        if let stretch {
            batch.sources = [
                RawBatch.Source(partition: partition, expected: expected, first: stretch.first, next: stretch.next)
            ]
        }
        return batch
    }
}
