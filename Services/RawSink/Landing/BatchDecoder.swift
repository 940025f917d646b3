// BatchDecoder: the records of one topic in a batch, or a part of them, as what one transaction needs: rows, dead letters,
// positions.
import DataContract
import Foundation
import Kafka
import Warehouse

/// Decodes records of one topic. Not for two threads at once.
final class BatchDecoder {
    let contract: Contract
    private let decoder: RecordDecoder
    /// Bytes to make room for: what the last batch needed, and a little more.
    private var capacity = 1 << 16

    init(_ contract: Contract) {
        self.contract = contract
        decoder = RecordDecoder(contract)
    }

    /// - Parameters:
    ///   - records: A batch; those of other topics are passed over.
    ///   - range: Which of them.
    ///   - refusal: Makes a dead letter of every record, for this reason.
    /// - Returns: A batch whose `expected` offsets are still to be set.
    func decode(_ records: RecordBatch, in range: Range<Int>, refusal: Rejection? = nil) -> RawBatch {
        var rows = RawRows(capacity: capacity)
        var letters: [DeadLetter] = []
        var times = EventTimeRange()
        var bytes = 0
        let numbers = records.sources.map { $0.topic == contract.topic.name ? $0.partition : -1 }
        var ranges = numbers.map { _ in (first: Offset(-1), next: Offset(-1), latest: Int64.min) }
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        var index = range.lowerBound
        var position = MessagePosition(partition: -1, offset: 0, ingestedAt: now)
        records.forEach(in: range) { source, offset, value in
            defer { index += 1 }
            guard numbers[source] >= 0 else { return }
            if ranges[source].first < 0 { ranges[source].first = offset }
            ranges[source].next = offset + 1
            bytes += value?.count ?? 0
            position.partition = numbers[source]
            position.offset = offset
            let outcome =
                refusal.map { DecodeOutcome.rejected($0) } ?? decoder.decode(value, at: position, into: &rows)
            switch outcome {
            case .row(let eventTime):
                guard let eventTime else { return }
                times.insert(eventTime)
                if eventTime > ranges[source].latest { ranges[source].latest = eventTime }
            case .rejected(let rejection):
                letters.append(DeadLetter(records[index], rejection, table: contract.table, failedAt: now))
            }
        }
        capacity = rows.byteCount + rows.byteCount / 8 + (1 << 16)
        return RawBatch(
            contract: contract, rows: rows, deadLetters: letters,
            sources: zip(numbers, ranges).filter { $0.1.first >= 0 }.map {
                RawBatch.Source(
                    partition: $0.0, expected: nil, first: $0.1.first, next: $0.1.next,
                    eventTimeMax: $0.1.latest == .min ? nil : $0.1.latest)
            },
            bytes: bytes, eventTimes: times)
    }
}
