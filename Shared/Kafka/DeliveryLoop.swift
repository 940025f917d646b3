import CLibrdkafka

/// The thread on which delivery reports arrive. Not the cooperative pool's: it waits in the library all its life.
final class DeliveryLoop: Sendable {
    private let handle: ClientHandle
    private let room: Room
    private let meters: ProducerMeters
    private let stopped: Flag

    init(handle: ClientHandle, room: Room, meters: ProducerMeters, stopped: Flag) {
        self.handle = handle
        self.room = room
        self.meters = meters
        self.stopped = stopped
    }

    func run() {
        var purged = false
        while true {
            if let event = rd_kafka_queue_poll(handle.queue, 1_000) {
                take(event)
                rd_kafka_event_destroy(event)
                room.open()
            } else if stopped.isRaised {
                if rd_kafka_outq_len(handle.raw) == 0 { return }
                if !purged {
                    // The producer went away without being closed: its messages' senders are told.
                    rd_kafka_purge(handle.raw, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
                    purged = true
                }
            }
        }
    }

    private func take(_ event: OpaquePointer) {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR: settle(event)
        case RD_KAFKA_EVENT_STATS:
            if let text = rd_kafka_event_stats(event) { meters.take(statistics: text) }
        case RD_KAFKA_EVENT_ERROR:
            handle.logger.warning(
                "producer error",
                metadata: [
                    "error": "\(String(cString: rd_kafka_event_error_string(event)))",
                    "fatal": "\(rd_kafka_event_error_is_fatal(event) != 0)",
                ])
        default: break
        }
    }

    private func settle(_ event: OpaquePointer) {
        var delivered = 0
        var failed = 0
        var run: (receipt: BulkReceipt, count: Int)?
        while let message = rd_kafka_event_message_next(event) {
            guard let receipt = Receipt.of(message) else { continue }
            // Delivered bulk messages come by the thousand and need no look at each.
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                delivered += 1
                if let bulk = run, bulk.receipt === receipt {
                    run = (bulk.receipt, bulk.count + 1)
                    continue
                }
                if let bulk = receipt as? BulkReceipt {
                    if let before = run { before.receipt.settle(delivered: before.count) }
                    run = (bulk, 1)
                    continue
                }
                receipt.settle(message, failure: nil)
            } else {
                failed += 1
                receipt.settle(message, failure: failure(of: message))
            }
            receipt.letGo()
        }
        if let last = run { last.receipt.settle(delivered: last.count) }
        meters.count(delivered: delivered, failed: failed)
    }

    private func failure(of message: UnsafePointer<rd_kafka_message_t>) -> KafkaError {
        let operation = "send to \(topicName(of: message))"
        if let fatal = handle.fatalError(operation) { return fatal }
        let code = message.pointee.err
        let partition = message.pointee.partition
        return KafkaError(
            code, operation, partition: partition >= 0 ? TopicPartition(topicName(of: message), partition) : nil)
    }
}
