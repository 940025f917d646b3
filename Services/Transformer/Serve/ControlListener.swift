import ControlPlane
import Foundation
import Kafka
import Logging
import Metrics
import Pipeline
import Planning
import ServiceLifecycle
import Synchronization

/// Reads commands and landings, and records each in the state before its offset is committed.
struct ControlListener: Service, CustomStringConvertible {
    let subscriber: ControlSubscriber
    let store: StateStore
    let catalog: EnvironmentCatalog
    /// Called when a command waits.
    let commandArrived: WakeUp
    /// Called when a message waits to be sent.
    let messageWaits: WakeUp
    let logger: Logger

    var description: String { "ControlListener" }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await listen()
        } onGracefulShutdown: {
            subscriber.finish()
        }
        try await subscriber.close()
    }

    private func listen() async throws {
        while true {
            let delivery = try await next()
            guard let delivery else { return }
            guard case .message(let envelope) = delivery else { continue }
            do {
                guard try await record(envelope) else { continue }
            } catch  where !(error is CancellationError) && !Task.isCancelled {
                // A message that the state cannot take would stop all that follow it: it is passed over, and told.
                logger.error(
                    "control message refused",
                    metadata: ["type": "\(envelope.type)", "id": "\(envelope.id)", "error": "\(error)"])
            }
            do {
                try await subscriber.commit(envelope)
            } catch {
                // A later commit makes up for it, and a message that comes again changes nothing.
                logger.debug("commit failed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func next() async throws -> ControlSubscriber.Delivery? {
        while true {
            do throws(KafkaError) {
                return try await subscriber.next()
            } catch {
                guard error.isRetriable else { throw error }
                logger.warning("cannot read control messages", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// - Returns: False for messages that are not for this service.
    private func record(_ envelope: ControlEnvelope) async throws -> Bool {
        switch envelope.message {
        case let request as TransformRequested:
            let isNew = try await Retry.whileItMayHelp("record a command", logger: logger) {
                try await store.receive(request)
            }
            logger.info(
                "command received",
                metadata: [
                    "task": "\(request.task)", "attempt": "\(request.attempt)", "model": "\(request.model)",
                    "environment": "\(request.environment)", "new": "\(isNew)",
                ])
            if isNew { commandArrived.call() } else { messageWaits.call() }
            return true
        case let landed as DataLanded:
            try await Retry.whileItMayHelp("record a landing", logger: logger) { try await record(landed) }
            return true
        default: return false
        }
    }

    private func record(_ landed: DataLanded) async throws {
        let days = IntervalSet(
            landed.days.compactMap { text in
                Moment(text).flatMap { Interval(from: $0, to: $0.adding(seconds: 86_400)) }
            })
        try await store.landed(
            landed.table.lowercased(), days, rows: landed.rows, at: Moment(landed.landedAt),
            reopening: Reopening(try await catalog.all()))
        Counter(label: "transformer_landings_total").increment()
    }
}
