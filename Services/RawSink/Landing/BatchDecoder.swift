// BatchDecoder: a part of a batch as what one transaction needs: rows, dead letters, positions.
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
    ///   - records: Of the contract's topic, in the batch's order; at least one.
    ///   - expected: Where the warehouse stands; absent for partitions of which nothing has landed.
    ///   - refusal: Makes a dead letter of every record, for this reason.
    func decode(
        _ records: ArraySlice<Record>, expected: [Int32: Offset], refusal: Rejection? = nil
    ) -> RawBatch {
        var rows = RawRows(capacity: capacity)
        var letters: [DeadLetter] = []
        var times = EventTimeRange()
        var bytes = 0
        var ranges: [(partition: Int32, first: Offset, next: Offset)] = []
        var current = -1
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        for record in records {
            let (partition, offset) = (record.partition, record.offset)
            if current < 0 || ranges[current].partition != partition {
                current = ranges.firstIndex { $0.partition == partition } ?? ranges.count
                if current == ranges.count { ranges.append((partition, offset, offset)) }
            }
            ranges[current].next = offset + 1
            let outcome = record.withValue { value in
                bytes += value?.count ?? 0
                if let refusal { return DecodeOutcome.rejected(refusal) }
                let position = MessagePosition(partition: partition, offset: offset, ingestedAt: now)
                return decoder.decode(value, at: position, into: &rows)
            }
            switch outcome {
            case .row(let eventTime): if let eventTime { times.insert(eventTime) }
            case .rejected(let rejection):
                letters.append(DeadLetter(record, rejection, table: contract.table, failedAt: now))
            }
        }
        capacity = rows.byteCount + rows.byteCount / 8 + (1 << 16)
        return RawBatch(
            contract: contract, rows: rows, deadLetters: letters,
            sources: ranges.map {
                RawBatch.Source(
                    partition: $0.partition, expected: expected[$0.partition], first: $0.first, next: $0.next)
            },
            bytes: bytes, eventTimes: times)
    }
}
