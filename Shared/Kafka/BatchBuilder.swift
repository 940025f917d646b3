import CLibrdkafka

/// Collects fetched messages into a batch, and drops those that must not reach the caller.
///
/// Always: of each partition only what the ledger expects gets in: partitions owned and not paused, offsets from the
/// next expected one upwards. librdkafka 2.0.2 can hand out others after a rebalance, a resume or a changed subscription.
struct BatchBuilder: ~Copyable {
    /// What is known of one partition while its messages come in. The library hands out one topic pointer per topic, so
    /// pointer and number name a partition without looking at strings.
    private struct Source {
        let topic: OpaquePointer?
        let number: Int32
        let partition: TopicPartition
        /// The least offset to let in; `nil`: none.
        let floor: Offset?
        var first: Offset?
        var firstIndex: Int?
        var next: Offset
    }

    private let limits: BatchLimits
    private var entries: [RecordStorage.Entry] = []
    private var sources: [Source] = []
    private var current = -1
    private(set) var bytes = 0
    private(set) var dropped = 0

    init(limits: BatchLimits) {
        self.limits = limits
    }

    var isEmpty: Bool { entries.isEmpty }
    /// Whether it need not wait for more.
    var isEnough: Bool { entries.count >= limits.recordsEnough }
    var isFull: Bool { entries.count >= limits.recordsMax || bytes >= limits.bytesMax }

    /// Takes over a fetch event.
    mutating func append(_ event: OpaquePointer, ledger: PartitionLedger) {
        guard let message = rd_kafka_event_message_next(event) else {
            rd_kafka_event_destroy(event)
            return
        }
        let fetched = message.pointee
        if current < 0 || sources[current].topic != fetched.rkt || sources[current].number != fetched.partition {
            select(fetched, ledger: ledger)
        }
        guard let floor = sources[current].floor, fetched.offset >= floor, fetched.offset >= sources[current].next
        else {
            dropped += 1
            rd_kafka_event_destroy(event)
            return
        }
        if sources[current].first == nil {
            sources[current].first = fetched.offset
            sources[current].firstIndex = entries.count
        }
        sources[current].next = fetched.offset + 1
        bytes += fetched.len + fetched.key_len
        entries.append(RecordStorage.Entry(event: event, message: message, partition: Int32(current)))
    }

    private mutating func select(_ message: rd_kafka_message_t, ledger: PartitionLedger) {
        if let known = sources.firstIndex(where: { $0.topic == message.rkt && $0.number == message.partition }) {
            current = known
            return
        }
        let name = message.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        let partition = TopicPartition(name, message.partition)
        let floor = ledger.floor(of: partition)
        sources.append(
            Source(
                topic: message.rkt, number: message.partition, partition: partition, floor: floor, first: nil,
                firstIndex: nil,
                next: floor ?? 0))
        current = sources.count - 1
    }

    /// The batch; `nil` when everything was dropped. The ledger moves on to after it.
    consuming func finish(handle: ClientHandle, ledger: inout PartitionLedger) -> RecordBatch? {
        guard !entries.isEmpty else { return nil }
        var ranges: [TopicPartition: Range<Offset>] = [:]
        for source in sources {
            guard let first = source.first else { continue }
            ranges[source.partition] = first..<source.next
            ledger.advance(source.partition, to: source.next)
        }
        let storage = RecordStorage(
            entries: entries, partitions: sources.map(\.partition), firsts: sources.map(\.firstIndex), handle: handle)
        return RecordBatch(storage: storage, source: ranges, byteCount: bytes)
    }
}
