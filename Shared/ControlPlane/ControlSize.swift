import Kafka

/// How large a control message may be. Brokers and clients take a megabyte by default, with key and headers.
public enum ControlSize {
    /// The most bytes of a message's data.
    public static let bytesMax = 900_000

    /// Bytes of the message's data on the wire.
    public static func bytes(of message: some ControlMessage) throws(EncodingError) -> Int {
        try ControlCoding.data(message).count
    }
}

/// Something that no control message can hold.
public struct ControlSizeError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
}

extension KafkaError {
    /// Whether the message itself is what the brokers, or the client, will never take: no repetition helps, and those
    /// behind it need not wait.
    public var refusesMessage: Bool {
        switch reason {
        case .messageTooLarge, .misuse: true
        default: Self.codesOfMessages.contains(code)
        }
    }

    /// INVALID_MSG, INVALID_MSG_SIZE, RECORD_LIST_TOO_LARGE, INVALID_TIMESTAMP, POLICY_VIOLATION, INVALID_RECORD.
    private static let codesOfMessages: Set<Int32> = [2, 4, 18, 32, 44, 87]
}
