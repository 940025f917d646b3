import Kafka

import struct Foundation.Date

/// A control message as it came: what it says, and what its CloudEvents headers say of it.
public struct ControlEnvelope: Sendable {
    /// Unique per message, UUIDv7 when Millrace made it. A repetition keeps it.
    public let id: String
    public let type: String
    /// Who sent it, as `/millrace/raw-sink`.
    public let source: String
    public let subject: String?
    public let time: Date?
    public let traceParent: TraceParent?
    /// `switch envelope.message { case let landed as DataLanded: … }`
    public let message: any ControlMessage
    /// Where it was read.
    public let position: TopicPartition
    public let offset: Offset
}

extension ControlEnvelope {
    /// The same with another message.
    func with(_ message: any ControlMessage) -> ControlEnvelope {
        ControlEnvelope(
            id: id, type: type, source: source, subject: subject, time: time, traceParent: traceParent,
            message: message, position: position, offset: offset)
    }
}
