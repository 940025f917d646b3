import CLibrdkafka
import Synchronization

/// Who hears what became of a message: travels through the library as the message's opaque pointer.
///
/// Subclassed, not a protocol, so that it can be recovered from a bare pointer.
class Receipt: @unchecked Sendable {  // subclasses keep what changes behind a lock
    /// The opaque pointer; keeps the receipt alive until `letGo`.
    final func hold() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    /// Undoes one `hold`.
    final func letGo() { Unmanaged.passUnretained(self).release() }

    static func of(_ message: UnsafePointer<rd_kafka_message_t>) -> Receipt? {
        millrace_kafka_message_opaque(message).map { Unmanaged<Receipt>.fromOpaque($0).takeUnretainedValue() }
    }

    /// One message's fate; called on the delivery thread.
    func settle(_ message: UnsafePointer<rd_kafka_message_t>, failure: KafkaError?) {
        preconditionFailure("a receipt says what it does")
    }
}

/// One message whose sender waits.
final class SingleDelivery: Receipt, @unchecked Sendable {
    typealias Outcome = Result<DeliveryReport, KafkaError>?
    private let waiting: Mutex<CheckedContinuation<Outcome, Never>?>

    init(_ continuation: CheckedContinuation<Outcome, Never>) {
        waiting = Mutex(continuation)
    }

    /// The sender, to be answered by the caller: exactly one of all that ask gets it.
    func resign() -> CheckedContinuation<Outcome, Never>? {
        waiting.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
    }

    override func settle(_ message: UnsafePointer<rd_kafka_message_t>, failure: KafkaError?) {
        let sender = resign()
        if let failure {
            sender?.resume(returning: .failure(failure))
        } else {
            let report = DeliveryReport(
                position: TopicPartition(topicName(of: message), message.pointee.partition),
                offset: message.pointee.offset, timestamp: KafkaTimestamp(of: message))
            sender?.resume(returning: .success(report))
        }
    }
}

func topicName(of message: UnsafePointer<rd_kafka_message_t>) -> String {
    message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
}
