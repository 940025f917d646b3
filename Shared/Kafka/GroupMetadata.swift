import CLibrdkafka

/// What a transaction needs to know of a consumer's membership. `@unchecked Sendable`: never changes.
final class GroupMetadata: @unchecked Sendable {
    let raw: OpaquePointer

    init?(_ handle: ClientHandle) {
        guard let raw = rd_kafka_consumer_group_metadata(handle.raw) else { return nil }
        self.raw = raw
    }

    deinit { rd_kafka_consumer_group_metadata_destroy(raw) }
}

extension KafkaConsumer {
    func groupMetadata() throws(KafkaError) -> GroupMetadata {
        let operation = "read the group's membership"
        guard let handle else { throw .closed(operation) }
        guard case .group = mode, let metadata = GroupMetadata(handle) else {
            throw .own(.misuse, operation, "this consumer belongs to no group")
        }
        return metadata
    }
}
