import Foundation

/// What Millrace reads of librdkafka's statistics.
struct ClientStatistics {
    struct Partition {
        /// Records fetched and not yet given out.
        let queuedRecords: Int
        /// End of the partition for a reader of committed records; -1 when not known yet.
        let end: Offset
    }

    let brokersUp: Int
    let queuedMessages: Int
    let queuedBytes: Int
    let partitions: [TopicPartition: Partition]

    /// `nil` when the text is not what librdkafka writes.
    init?(_ text: UnsafePointer<CChar>) {
        let data = Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: text), count: strlen(text), deallocator: .none)
        guard let document = try? JSONDecoder().decode(Document.self, from: data) else { return nil }
        brokersUp = document.brokers.values.count { $0.state == "UP" && $0.nodeid >= 0 }
        queuedMessages = document.msg_cnt ?? 0
        queuedBytes = document.msg_size ?? 0
        var partitions: [TopicPartition: Partition] = [:]
        for topic in document.topics.values {
            for state in topic.partitions.values where state.partition >= 0 {
                partitions[TopicPartition(topic.topic, state.partition)] = Partition(
                    queuedRecords: state.fetchq_cnt ?? 0, end: state.ls_offset ?? state.hi_offset ?? -1)
            }
        }
        self.partitions = partitions
    }

    // The library's own names.
    private struct Document: Decodable {
        let brokers: [String: Broker]
        let topics: [String: Topic]
        let msg_cnt: Int?
        let msg_size: Int?
    }

    private struct Broker: Decodable {
        let state: String
        let nodeid: Int
    }

    private struct Topic: Decodable {
        let topic: String
        let partitions: [String: PartitionState]
    }

    private struct PartitionState: Decodable {
        let partition: Int32
        let fetchq_cnt: Int?
        let ls_offset: Int64?
        let hi_offset: Int64?
    }
}
