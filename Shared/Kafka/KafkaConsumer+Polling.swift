// Asking for events: the loop around rd_kafka_queue_poll(), which runs on the consumer's own thread and nowhere else.
import CLibrdkafka
import Logging

extension KafkaConsumer {
    /// Longest wait in the library at one go: other calls of this actor get their turn in between.
    private static let slice = Duration.milliseconds(250)

    /// The next event, waited for as long as it takes; `nil` once finished or when the task is cancelled.
    /// - Throws: `isFatal`: make a new consumer (`isFenced`: stop). `.offsetOutOfRange`, `.notAuthorized`: somebody
    ///   must look. `isRetriable`: ask again. Brokers that are away throw nothing: they are waited for.
    public func next() async throws(KafkaError) -> ConsumerEvent? {
        try await event(before: nil)
    }

    /// The next event, or `nil` when none came in time (or the consumer is finishing: see `isFinishing`).
    /// The way to wait while partitions are paused: a member that does not poll leaves its group.
    public func poll(within: Duration) async throws(KafkaError) -> ConsumerEvent? {
        try await event(before: .now + within)
    }

    private func event(before deadline: ContinuousClock.Instant?) async throws(KafkaError) -> ConsumerEvent? {
        notePoll()
        // It came behind the last batch: what it asks, the caller has not heard yet.
        if let held {
            self.held = nil
            return deliver(held)
        }
        try settle()
        let waker = waker
        let result = await withTaskCancellationHandler {
            await pollUntilEvent(before: deadline)
        } onCancel: {
            waker.wake()
        }
        return try result.get()
    }

    private func pollUntilEvent(before deadline: ContinuousClock.Instant?) async -> Result<ConsumerEvent?, KafkaError> {
        while !isFinishing, !Task.isCancelled {
            do throws(KafkaError) {
                guard let handle else { throw .closed("read the next event") }
                try rethrowFailure()
                notePoll()
                try prepare(handle)
                let left = deadline.map { ContinuousClock.now.duration(to: $0) } ?? Self.slice
                if let event = try poll(handle, within: max(.zero, min(left, Self.slice))) {
                    return .success(deliver(event))
                }
                if left <= .zero { return .success(nil) }
            } catch {
                return .failure(error)
            }
            await Task.yield()
        }
        return .success(nil)
    }

    /// What the caller left open: an assignment must be answered by the caller, a revocation is answered by asking on.
    private func settle() throws(KafkaError) {
        switch question {
        case .assignment(let partitions, _):
            throw .own(
                .misuse, "read the next event", "\(partitions) were assigned: answer with assign(from:) before going on"
            )
        case .revocation(let partitions, _, _): try answerRevocation(partitions)
        case nil: break
        }
    }

    /// Notes what the event asks of the caller.
    private func deliver(_ event: ConsumerEvent) -> ConsumerEvent {
        if case .records(let batch) = event { meters.count(batch) }
        return event
    }

    /// What is due besides polling.
    private func prepare(_ handle: ClientHandle) throws(KafkaError) {
        if !notedCommits.isEmpty, ContinuousClock.now >= nextNotedCommit { commitNoted(handle) }
        try lookAtTopics(handle)
    }

    /// One turn: an event, or a batch as full as the limits and the time allow.
    private func poll(_ handle: ClientHandle, within wait: Duration) throws(KafkaError) -> ConsumerEvent? {
        guard let first = rd_kafka_queue_poll(handle.queue, wait.milliseconds) else { return nil }
        guard rd_kafka_event_type(first) == RD_KAFKA_EVENT_FETCH else { return try take(first, handle) }
        var batch = BatchBuilder(limits: limits)
        batch.append(first, ledger: ledger)
        var deadline: ContinuousClock.Instant?
        while !batch.isFull {
            var event = rd_kafka_queue_poll(handle.queue, 0)
            if event == nil {
                if batch.isEnough { break }
                // Dropped messages alone are no reason to keep the caller waiting for a batch.
                let patience = batch.isEmpty ? .zero : limits.waitMax
                let end = deadline ?? ContinuousClock.now + patience
                deadline = end
                let left = ContinuousClock.now.duration(to: end)
                guard left > .zero, !isFinishing, !Task.isCancelled else { break }
                event = rd_kafka_queue_poll(handle.queue, left.milliseconds)
            }
            guard let event else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH {
                batch.append(event, ledger: ledger)
                continue
            }
            do {
                held = try take(event, handle)
            } catch {
                failure = error  // thrown once the batch in hand has been given out
            }
            if held != nil || failure != nil { break }
        }
        if batch.dropped > 0 {
            logger.debug("records dropped", metadata: ["records": "\(batch.dropped)"])
        }
        guard let records = batch.finish(handle: handle, ledger: &ledger) else {
            defer { held = nil }
            return held
        }
        return .records(records)
    }

    private func rethrowFailure() throws(KafkaError) {
        guard let failure else { return }
        if !failure.isFatal { self.failure = nil }
        throw failure
    }
}
