import ControlPlane
import Foundation
import Kafka
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// Reads commands and landings, and records each in the state before its offset is committed.
///
/// Always: no message stops those behind it. What the state will not have is set aside, and told; while the state is away,
/// everything waits.
struct ControlListener: Service, CustomStringConvertible {
    let subscriber: ControlSubscriber
    let recorder: ControlRecorder
    let store: StateStore
    let logger: Logger

    private static let triesMax = 3
    private static let firstPause: Duration = .milliseconds(100)

    var description: String { "ControlListener" }

    func run() async throws {
        let trouble = TroubleLog("cannot read control messages", logger: logger)
        try await withGracefulShutdownHandler {
            try await subscriber.readEach(trouble: trouble.note(outcome:), take)
        } onGracefulShutdown: {
            subscriber.finish()
        }
        try await subscriber.close()
    }

    private func take(_ delivery: ControlSubscriber.Delivery) async throws {
        switch delivery {
        case .message(let envelope):
            let place = "\(envelope.position)@\(envelope.offset)"
            let isOurs = try await deal(place, envelope.type) {
                try OutboxMessage(envelope.message).payload
            } with: {
                try await recorder.record(envelope.message)
            }
            if isOurs { await commit(envelope.position, envelope.offset) }
        case .unreadable(let message):
            guard [TransformRequested.type, TransformCancelRequested.type, DataLanded.type].contains(message.type)
            else { return }
            let place = "\(message.position)@\(message.offset)"
            let isAnswered = try await deal(place, message.type) {
                message.text
            } with: {
                message.type == TransformRequested.type ? try await recorder.refuse(message) : false
            }
            if !isAnswered { try await setAside(place, message.type, message.text, message.reason) }
            await commit(message.position, message.offset)
        case .gap(let partition):
            // Of commands the scheduler asks again, at their deadlines. Of landings nobody will.
            guard partition.topic == ControlTopic.events.rawValue else { return }
            try await reached {
                try await store.setAside(
                    StateStore.gapKind, "\(partition)", type: "", payload: "",
                    reason: "Messages of \(partition) were deleted before they were read. Landings may be among them: "
                        + "late data of those days was not computed again. `transformer backfill` does it.")
            }
        case .caughtUp: break
        }
    }

    /// Does `work`, as often as it may help. What the state refuses for good is tried a few times, and then set aside.
    /// - Returns: What `work` said; true when it was set aside.
    private func deal(
        _ place: String, _ type: String, payload: @Sendable () throws -> String,
        with work: @Sendable () async throws -> Bool
    ) async throws -> Bool {
        var pause = Self.firstPause
        var tries = 1
        while true {
            do {
                return try await reached(work)
            } catch {
                guard !(error is CancellationError), !Task.isCancelled else { throw error }
                guard tries < Self.triesMax else {
                    try await setAside(place, type, try payload(), "\(error)")
                    return true
                }
                tries += 1
                try await Task.sleep(for: pause)
                pause *= 4
            }
        }
    }

    private func setAside(_ place: String, _ type: String, _ payload: String, _ reason: String) async throws {
        logger.error(
            "control message set aside",
            metadata: [
                "type": "\(type)", "place": "\(place)", "error": "\(ControlText.cut(reason, to: 2_000))",
            ])
        Counter(label: "transformer_set_aside_total", dimensions: [("type", type)]).increment()
        try await reached {
            try await store.setAside(StateStore.messageKind, place, type: type, payload: payload, reason: reason)
        }
    }

    /// Waits for a state that is away.
    @discardableResult
    private func reached<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        try await Retry.whileItMayHelp("record a control message", logger: logger, body)
    }

    private func commit(_ position: TopicPartition, _ offset: Offset) async {
        do {
            try await subscriber.commit(position, offset)
        } catch {
            // A later commit makes up for it, and a message that comes again changes nothing.
            logger.debug("commit failed", metadata: ["error": "\(error)"])
        }
    }
}
