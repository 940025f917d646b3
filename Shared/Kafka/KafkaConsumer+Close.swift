// Leaving: with a deadline, because librdkafka before 2.6.1 can wait for ever here (after a partition was lost or its
// topic deleted), and not at all where it would abort.
import CLibrdkafka
import Logging

extension KafkaConsumer {
    /// Commits what is noted, leaves the group and stops. Safe to call twice. Batches in use stay readable; the
    /// client's threads end when the last of them goes.
    /// - Throws: `.timedOut` when the client does not come to an end within the deadline; it goes on trying in the
    ///   background, and the process should end soon.
    public func close(within: Duration = .seconds(10)) async throws(KafkaError) {
        finish()
        guard let handle else { return }
        self.handle = nil
        waker.retire()
        held = nil
        if question == nil { commitNoted(handle) }
        ledger.release(ledger.partitions)
        guard canLeave else {
            handle.abandon()
            rd_kafka_unsubscribe(handle.raw)
            return
        }
        try leave(handle, within: within)
    }

    /// With cooperative-sticky, librdkafka before 2.3.0 aborts the process when it is destroyed between joining the
    /// group and its first assignment. It is left standing then, out of the group.
    private var canLeave: Bool {
        guard case .group(let group, _) = mode, group.assignor == .cooperativeSticky else { return true }
        return wasAssigned || rd_kafka_version() >= 0x0203_0000
    }

    private func leave(_ handle: ClientHandle, within limit: Duration) throws(KafkaError) {
        // After a fatal error the library refuses to close in an orderly way; it can be destroyed all the same.
        guard handle.fatalError("leave the group") == nil else { return }
        guard let events = rd_kafka_queue_new(handle.raw) else { return }
        defer { rd_kafka_queue_destroy(events) }
        if let error = rd_kafka_consumer_close_queue(handle.raw, events) {
            rd_kafka_error_destroy(error)
            return
        }
        let deadline = ContinuousClock.now + limit
        while rd_kafka_consumer_closed(handle.raw) == 0 {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                throw .own(.timedOut, "leave the group", "the client did not come to an end within \(limit)")
            }
            guard let event = rd_kafka_queue_poll(events, min(left, .milliseconds(50)).milliseconds) else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { giveBack(event, handle) }
            rd_kafka_event_destroy(event)
        }
    }

    private func giveBack(_ event: OpaquePointer, _ handle: ClientHandle) {
        let cooperative = String(cString: rd_kafka_rebalance_protocol(handle.raw)) == "COOPERATIVE"
        if cooperative, let partitions = rd_kafka_event_topic_partition_list(event) {
            if let error = rd_kafka_incremental_unassign(handle.raw, partitions) { rd_kafka_error_destroy(error) }
        } else {
            rd_kafka_assign(handle.raw, nil)
        }
    }
}
