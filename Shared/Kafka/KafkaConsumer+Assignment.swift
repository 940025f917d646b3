// What the group asks, and the caller's answers. The library waits for them: nothing moves before.
import CLibrdkafka
import Logging

extension KafkaConsumer {
    /// Answers `.assigned`: starts every partition of it where `positions` says.
    /// - Throws: `.misuse` when a partition is missing or there is nothing to answer; `isRetriable` when the brokers
    ///   did not tell the offsets needed in time (call again).
    public func assign(from positions: [TopicPartition: StartPosition]) async throws(KafkaError) {
        guard let handle else { throw .closed("assign partitions") }
        guard case .assignment(let partitions, let cooperative) = question else {
            throw .own(.misuse, "assign partitions", "the group has not assigned anything that waits for an answer")
        }
        var wanted: [TopicPartition: StartPosition] = [:]
        for partition in partitions {
            guard let start = positions[partition] else {
                throw .own(.misuse, "assign partitions", "no start position was given", partition: partition)
            }
            wanted[partition] = start
        }
        let starts = try resolve(wanted, handle)
        try apply(starts, handle, incremental: cooperative)
        question = nil
        holdsCommits = false
        standingNow.withLock { $0.joined() }
        logger.info("partitions assigned", metadata: ["partitions": "\(partitions)"])
    }

    /// Answers `.assigned` with the same start for every partition.
    public func assign(from start: StartPosition) async throws(KafkaError) {
        guard case .assignment(let partitions, _) = question else {
            throw .own(.misuse, "assign partitions", "the group has not assigned anything that waits for an answer")
        }
        try await assign(from: Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) }))
    }

    /// Answers `.revoked`: the group goes on without waiting for this member. Positions handed to `commitSoon` are
    /// committed first (unless lost).
    /// - Parameter partitions: Those of the event; all of them are released at once.
    public func release(_ partitions: [TopicPartition]) async throws(KafkaError) {
        guard case .revocation(let asked, _, _) = question else {
            throw .own(.misuse, "release partitions", "the group has not revoked anything that waits for an answer")
        }
        try answerRevocation(asked)
    }

    func answerRevocation(_ partitions: [TopicPartition]) throws(KafkaError) {
        guard let handle, case .revocation(_, let cooperative, let lost) = question else { return }
        if lost || cooperative {
            for partition in partitions { notedCommits[partition] = nil }
        } else {
            commitNoted(handle)
        }
        // The library remembers a pause beyond the assignment: the partition would stay silent when it comes back.
        let paused = PartitionList(partitions.filter { ledger.entries[$0]?.isPaused == true })
        if paused.raw.pointee.cnt > 0 { rd_kafka_resume_partitions(handle.raw, paused.raw) }
        ledger.release(partitions)
        meters.forget(partitions)
        standingNow.withLock { $0.left() }
        let list = PartitionList(partitions)
        let error = cooperative ? rd_kafka_incremental_unassign(handle.raw, list.raw) : nil
        let code = cooperative ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_assign(handle.raw, nil)
        question = nil
        logger.info("partitions released", metadata: ["partitions": "\(partitions)", "lost": "\(lost)"])
        if let error { throw KafkaError(consuming: error, "release partitions") }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "release partitions") }
    }

    /// A rebalance as the library reports it; `nil` when there is nothing for the caller in it.
    func rebalance(_ event: OpaquePointer, _ handle: ClientHandle) throws(KafkaError) -> ConsumerEvent? {
        let partitions = PartitionList.elements(of: rd_kafka_event_topic_partition_list(event)).map(\.partition)
        let cooperative = String(cString: rd_kafka_rebalance_protocol(handle.raw)) == "COOPERATIVE"
        meters.rebalances.increment()
        switch rd_kafka_event_error(event) {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            wasAssigned = true
            guard !partitions.isEmpty else {
                holdsCommits = false
                try apply([:], handle, incremental: cooperative)
                standingNow.withLock { $0.joined() }
                return nil
            }
            question = .assignment(partitions, cooperative: cooperative)
            return .assigned(partitions.sorted())
        default:
            let lost = rd_kafka_assignment_lost(handle.raw) != 0
            if cooperative { holdsCommits = true }
            question = .revocation(partitions, cooperative: cooperative, lost: lost)
            // An assignment that was never answered is not known to the caller as its own.
            let known = partitions.filter { ledger.entries[$0] != nil }.sorted()
            guard !known.isEmpty else {
                try answerRevocation(partitions)
                return nil
            }
            return .revoked(known, lost: lost)
        }
    }

    /// Hands starts to the library, by `assign`: a later seek is not needed, and not reliable in librdkafka 2.0.2.
    func apply(_ starts: [TopicPartition: Offset], _ handle: ClientHandle, incremental: Bool) throws(KafkaError) {
        let list = PartitionList(starts)
        if incremental {
            if let error = rd_kafka_incremental_assign(handle.raw, list.raw) {
                throw KafkaError(consuming: error, "assign partitions")
            }
        } else {
            let code = rd_kafka_assign(handle.raw, list.raw)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "assign partitions") }
        }
        ledger.assign(starts)
    }

    /// Start positions as offsets. The library never chooses one: what it would look up later, and reset in silence, is
    /// asked for here.
    func resolve(
        _ starts: [TopicPartition: StartPosition], _ handle: ClientHandle
    ) throws(KafkaError) -> [TopicPartition: Offset] {
        let asked = starts.filter { $0.value == .committed || $0.value == .committedOrEnd }.keys
        let committed = asked.isEmpty ? [:] : try committedOffsets(asked, handle)
        var offsets: [TopicPartition: Offset] = [:]
        for (partition, start) in starts {
            offsets[partition] =
                switch start {
                case .offset(let offset): offset
                case .beginning: Offset(RD_KAFKA_OFFSET_BEGINNING)
                case .end: try end(of: partition, handle)
                case .committed: committed[partition] ?? Offset(RD_KAFKA_OFFSET_BEGINNING)
                case .committedOrEnd:
                    if let offset = committed[partition] { offset } else { try end(of: partition, handle) }
                }
        }
        return offsets
    }

    private func committedOffsets(
        _ partitions: some Collection<TopicPartition>, _ handle: ClientHandle
    ) throws(KafkaError) -> [TopicPartition: Offset] {
        let list = PartitionList(partitions)
        let code = rd_kafka_committed(handle.raw, list.raw, 10_000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, "read the group's offsets") }
        if let failed = list.firstError {
            throw KafkaError(failed.error, "read the group's offsets", partition: failed.partition)
        }
        let known = list.elements.filter { $0.offset >= 0 }
        return Dictionary(uniqueKeysWithValues: known.map { ($0.partition, $0.offset) })
    }

    private func end(of partition: TopicPartition, _ handle: ClientHandle) throws(KafkaError) -> Offset {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(
            handle.raw, partition.topic, partition.partition, &low, &high, 10_000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code, "find the end of a partition", partition: partition)
        }
        return high
    }
}
