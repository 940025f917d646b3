/// What went wrong in a call to Kafka: what was attempted, on what, what was answered, and what to do.
///
/// Branch on `isRetriable`, `isFatal`, `isFenced` and `reason`; the text is for people.
public struct KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public enum Reason: Sendable, Equatable {
        /// A property is unknown or its value is refused. Nothing was started.
        case configuration
        /// The client was closed before or during the call.
        case closed
        /// The call was made at a moment when it cannot be answered: a mistake of the caller.
        case misuse
        /// No answer in time. What was asked may still happen.
        case timedOut
        /// The position to start from, or to go on from, is no longer (or not yet) in the partition.
        case offsetOutOfRange
        /// A newer holder of the same transactional id or group instance id has taken over.
        case fenced
        /// The topic or partition does not exist.
        case unknownTopic
        /// The topic exists already.
        case topicExists
        /// The message is larger than the topic or the client allows.
        case messageTooLarge
        /// Refused for lack of rights, or the login failed.
        case notAuthorized
        /// The brokers cannot be reached at the moment.
        case unreachable
        /// Anything else; `code` and `name` say what.
        case other
    }

    public let reason: Reason
    /// librdkafka's error code: positive when the broker said so, negative when the client did, 0 when neither.
    public let code: Int32
    /// The code's name, as `UNKNOWN_TOPIC_OR_PART` or `_TIMED_OUT`.
    public let name: String
    /// What was attempted, in the words of the trade: `commit offsets of group raw-sink`.
    public let operation: String
    /// What was answered.
    public let detail: String
    /// The partition it happened on, where there is one.
    public let partition: TopicPartition?
    /// True when the same call, unchanged, may work later. Retry loops ask this and nothing else.
    public let isRetriable: Bool
    /// True when this client can do no more work: close it, make a new one, and send again what was not acknowledged.
    public let isFatal: Bool
    /// True in a transaction that must be aborted before anything else is tried.
    public let needsAbort: Bool

    /// True when another client has taken this one's place. Stop: going on would do work twice.
    public var isFenced: Bool { reason == .fenced }

    public var description: String {
        let place = partition.map { " (\($0))" } ?? ""
        let label = name.isEmpty ? "" : " [\(name)]"
        return "Could not \(operation)\(place): \(detail)\(label). \(advice)"
    }
}

extension KafkaError {
    /// What to do about it.
    var advice: String {
        switch reason {
        case .configuration: "Check the property's name and value in KAFKA_PROPERTIES and KAFKA_BOOTSTRAP_SERVERS."
        case .closed: "Make a new client."
        case .misuse: "This is a fault in the calling code."
        case .timedOut: "Check that the brokers can be reached; what was asked may still happen."
        case .offsetOutOfRange:
            "Records were deleted before they were read, or the topic was made anew: choose a start."
        case .fenced: "Another client took over; this one must stop."
        case .unknownTopic: "Create the topic, or check its name."
        case .topicExists: "Nothing to do unless it differs from what is wanted."
        case .messageTooLarge: "Send less at once, or raise max.message.bytes of the topic and message.max.bytes here."
        case .notAuthorized: "Check the credentials and the rights of this client."
        case .unreachable: "Check KAFKA_BOOTSTRAP_SERVERS, and that the brokers are up and reachable."
        case .other where isFatal: "Close this client, make a new one, send again what was not acknowledged."
        case .other where needsAbort: "Abort the transaction and do it again."
        case .other where isRetriable: "Try again later."
        case .other: "Look at the broker's log."
        }
    }
}
