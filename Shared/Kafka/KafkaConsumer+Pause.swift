// Pausing, and going on exactly where the caller was, or where the caller says.
import CLibrdkafka

extension KafkaConsumer {
    /// Stops fetching; polling goes on. Records in hand are not touched; partitions not owned are passed over.
    public func pause(_ partitions: [TopicPartition]) async throws(KafkaError) {
        guard let handle else { throw .closed("pause partitions") }
        let list = PartitionList(ledger.pause(partitions))
        guard list.raw.pointee.cnt > 0 else { return }
        let code = rd_kafka_pause_partitions(handle.raw, list.raw)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "pause partitions") }
    }

    /// Goes on where the caller was: nothing is skipped, nothing comes twice. Partitions not paused are passed over.
    public func resume(_ partitions: [TopicPartition]) async throws(KafkaError) {
        guard let handle else { throw .closed("resume partitions") }
        let resumed = ledger.resume(partitions)
        guard !resumed.isEmpty else { return }
        // Versions of librdkafka have gone on elsewhere when a partition was paused before its first record (#2190). So
        // it is told where, and while still paused: nothing can slip through.
        let list = PartitionList(resumed)
        let error = rd_kafka_seek_partitions(handle.raw, list.raw, Self.seekTimeoutArgument)
        if let error {
            rd_kafka_error_destroy(error)
            try restart(handle)
        } else if list.elements.contains(where: { $0.error == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS }) {
            try restart(handle)
        }
        let resumable = PartitionList(resumed.keys)
        let code = rd_kafka_resume_partitions(handle.raw, resumable.raw)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "resume partitions") }
    }

    /// Goes on reading elsewhere: the way on after `.offsetOutOfRange`. Partitions that are paused or not owned are passed
    /// over.
    /// - Throws: `isRetriable` when the brokers did not tell the offsets needed.
    public func move(_ positions: [TopicPartition: StartPosition]) async throws(KafkaError) {
        guard let handle else { throw .closed("move partitions") }
        let owned = positions.filter { ledger.entries[$0.key]?.isPaused == false }
        guard !owned.isEmpty else { return }
        ledger.assign(try resolve(owned, handle))
        try restart(handle)
    }

    /// librdkafka before 2.1.0 takes this timeout for a thousandth of what it says.
    private static var seekTimeoutArgument: Int32 { rd_kafka_version() < 0x0201_0000 ? 5_000_000 : 5_000 }

    /// Starts everything owned afresh at its position: the way out when a seek was not carried out.
    private func restart(_ handle: ClientHandle) throws(KafkaError) {
        let list = PartitionList(ledger.entries.mapValues(\.position))
        let incremental = String(cString: rd_kafka_rebalance_protocol(handle.raw)) == "COOPERATIVE"
        if incremental {
            let owned = PartitionList(ledger.partitions)
            if let error = rd_kafka_incremental_unassign(handle.raw, owned.raw) {
                throw KafkaError(consuming: error, "resume partitions")
            }
            if let error = rd_kafka_incremental_assign(handle.raw, list.raw) {
                throw KafkaError(consuming: error, "resume partitions")
            }
            return
        }
        let code = rd_kafka_assign(handle.raw, list.raw)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "resume partitions") }
    }
}
