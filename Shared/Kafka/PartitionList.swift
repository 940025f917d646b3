import CLibrdkafka

/// Owner of a `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
    let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        raw = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    /// Takes over a list that the library allocated.
    init(owning raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.raw = raw
    }

    init(_ partitions: some Collection<TopicPartition>) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition) }
    }

    init(_ offsets: [TopicPartition: Offset]) {
        self.init(capacity: offsets.count)
        for (partition, offset) in offsets { add(partition, offset: offset) }
    }

    deinit { rd_kafka_topic_partition_list_destroy(raw) }

    func add(_ partition: TopicPartition, offset: Offset? = nil) {
        let element = rd_kafka_topic_partition_list_add(raw, partition.topic, partition.partition)
        if let offset { element?.pointee.offset = offset }
    }

    var elements: [Element] { Self.elements(of: raw) }

    /// The first element that carries an error.
    var firstError: Element? { elements.first { $0.error != RD_KAFKA_RESP_ERR_NO_ERROR } }

    struct Element {
        let partition: TopicPartition
        let offset: Offset
        let error: rd_kafka_resp_err_t
    }

    static func elements(of raw: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [Element] {
        guard let list = raw?.pointee, let elements = list.elems else { return [] }
        return UnsafeBufferPointer(start: elements, count: Int(list.cnt)).map { element in
            Element(
                partition: TopicPartition(String(cString: element.topic), element.partition), offset: element.offset,
                error: element.err)
        }
    }
}
