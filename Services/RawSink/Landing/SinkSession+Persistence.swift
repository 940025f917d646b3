// What happens while the warehouse is away: consumption pauses, membership goes on, and nothing is forgotten.
import Kafka
import Warehouse

/// Why the batch in hand is not landed after all. It is not lost: it is read again from the warehouse's offsets.
enum SinkInterruption: Error {
    /// Some of its partitions were taken away meanwhile.
    case partitionsGone
    /// The sink is told to stop.
    case stopping
    /// Records were dropped that this sink must still land: it has to join anew.
    case unread
}

extension SinkSession {
    /// Appends the batch, trying again for as long as the warehouse is away. Polling goes on meanwhile, with the
    /// partitions paused: a member that does not poll leaves its group.
    /// - Parameter failure: How an attempt ended that was made already.
    /// - Returns: `nil` when an attempt whose answer was lost turns out to have succeeded.
    func persist(_ batch: RawBatch, after failure: WarehouseError?) async throws -> LandingReceipt? {
        var backoff = Backoff()
        var isUncertain = false
        var failure = failure
        while true {
            do {
                if let known = failure.take() { throw known }
                let landing = try await warehouse.append(batch)
                try await recover(isUncertain)
                return landing
            } catch WarehouseError.fenced where isUncertain {
                // The connection broke during COMMIT, or another sink has landed more. The positions tell.
                guard try await hasLanded(batch) else {
                    throw WarehouseError.fenced(
                        topic: batch.contract.topic.name, partitions: batch.sources.map(\.partition))
                }
                try await recover(true)
                return nil
            } catch let error as WarehouseError where error.isRetriable {
                isUncertain = true
                note(error)
                // Whoever gets the partitions reads the batch again; waiting here would hold up the whole group.
                if answering == .revocation { throw SinkInterruption.partitionsGone }
                try await consumer.pause(Array(owned))
                try await wait(backoff.next())
            } catch {
                // The warehouse is back and has refused the batch: what was paused while it was away goes on.
                try await recover(isUncertain)
                throw error
            }
        }
    }

    /// Asks the warehouse, trying again for as long as it is away, without polling: an assignment is to be answered first.
    func persistUnpolled<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        var backoff = Backoff(longest: .seconds(2))
        while true {
            do {
                let result = try await body()
                health.warehouse(nil)
                return result
            } catch let error as WarehouseError where error.isRetriable {
                note(error)
                let end = ContinuousClock.now + backoff.next()
                while ContinuousClock.now < end {
                    guard !consumer.isFinishing, !Task.isCancelled else { throw SinkInterruption.stopping }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    private func recover(_ wasAway: Bool) async throws {
        health.warehouse(nil)
        if wasAway { try await consumer.resume(Array(owned.subtracting(watch.stopped))) }
    }

    private func note(_ error: WarehouseError) {
        meters.retries.increment()
        health.warehouse("\(error)")
        log.trouble("warehouse away", ["error": "\(error)"])
    }

    /// Whether the warehouse stands exactly where this batch ends.
    private func hasLanded(_ batch: RawBatch) async throws -> Bool {
        let topic = batch.contract.topic.name
        let positions = try await persistUnpolled { try await self.warehouse.sinkPositions(of: topic) }
        return batch.sources.allSatisfy { positions[$0.partition] == $0.next }
    }

    /// Polls for so long.
    /// - Throws: `SinkInterruption` when there is no use in waiting any longer.
    private func wait(_ duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            guard !consumer.isFinishing, !Task.isCancelled else { throw SinkInterruption.stopping }
            // An assignment must be answered before polling goes on, and its answer is the warehouse's.
            if answering == .assignment || waiting.contains(where: { if case .assigned = $0 { true } else { false } }) {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            let event = try await consumer.poll(within: ContinuousClock.now.duration(to: end))
            health.group(nil)
            switch event {
            case .revoked(let partitions, _):
                try await giveUp(partitions)
                try await consumer.resume(Array(owned.subtracting(watch.stopped)))
                throw SinkInterruption.partitionsGone
            case let event?: waiting.append(event)
            case nil: break
            }
        }
    }
}
