import CLibrdkafka
import Synchronization

/// The library's messages of one batch, and where each came from. Freed with the last reference, from any thread.
///
/// `@unchecked Sendable`: nothing changes after `init`, except that the library parses a message's headers on the first
/// look at them, which `headersLock` serialises. The handle keeps the client alive that the messages belong to.
final class RecordStorage: @unchecked Sendable {
    struct Entry {
        let event: OpaquePointer
        let message: UnsafePointer<rd_kafka_message_t>
        /// Index into `partitions`.
        let partition: Int32
    }

    let partitions: [TopicPartition]
    /// Index of each partition's first message; `nil` where none got in.
    let firsts: [Int?]
    private let entries: [Entry]
    private let handle: ClientHandle
    private let headersLock = Mutex(())

    init(entries: [Entry], partitions: [TopicPartition], firsts: [Int?], handle: ClientHandle) {
        self.entries = entries
        self.partitions = partitions
        self.firsts = firsts
        self.handle = handle
    }

    deinit {
        for entry in entries { rd_kafka_event_destroy(entry.event) }
    }

    var count: Int { entries.count }

    func partition(at index: Int) -> TopicPartition { partitions[Int(entries[index].partition)] }

    func message(at index: Int) -> rd_kafka_message_t { entries[index].message.pointee }

    /// Goes through messages where they lie; nothing is counted or copied for one of them.
    func forEach(
        in range: Range<Int>, _ body: (_ source: Int, _ offset: Offset, _ value: UnsafeRawBufferPointer?) -> Void
    ) {
        entries.withUnsafeBufferPointer { entries in
            for index in range {
                let message = entries[index].message
                let value = message.pointee.payload.map {
                    UnsafeRawBufferPointer(start: $0, count: message.pointee.len)
                }
                body(Int(entries[index].partition), message.pointee.offset, value)
            }
        }
    }

    func timestamp(at index: Int) -> KafkaTimestamp? {
        KafkaTimestamp(of: entries[index].message)
    }

    func headers(at index: Int) -> [KafkaHeader] {
        headersLock.withLock { _ in
            var headers: OpaquePointer?
            guard rd_kafka_message_headers(entries[index].message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers
            else { return [] }
            return (0..<rd_kafka_header_cnt(headers)).compactMap { position in
                var name: UnsafePointer<CChar>?
                var value: UnsafeRawPointer?
                var size = 0
                guard rd_kafka_header_get_all(headers, position, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
                    let name
                else { return nil }
                return KafkaHeader(
                    String(cString: name), value.map { Array(UnsafeRawBufferPointer(start: $0, count: size)) })
            }
        }
    }
}

extension KafkaTimestamp {
    init?(of message: UnsafePointer<rd_kafka_message_t>) {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &type)
        guard type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, milliseconds >= 0 else { return nil }
        self.init(milliseconds: milliseconds, clock: type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? .broker : .producer)
    }
}
