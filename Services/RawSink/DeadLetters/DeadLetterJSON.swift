import Foundation
import Warehouse

/// A dead letter as one line of JSON, for machines.
struct DeadLetterJSON: Encodable {
    /// Text where it is UTF-8, else base64.
    struct Bytes: Encodable {
        let text: String?
        let base64: String?

        init(_ bytes: [UInt8]) {
            text = String(validating: bytes, as: UTF8.self)
            base64 = text == nil ? Data(bytes).base64EncodedString() : nil
        }
    }

    struct Header: Encodable {
        let name: String
        let value: Bytes?
    }

    struct Attempt: Encodable {
        let reason: String
        let field: String?
        let message: String
        let failed_at: String
    }

    let topic: String
    let partition: Int32
    let offset: Int64
    let table: String
    let reason: String
    let field: String?
    let message: String
    let attempts: Int
    let history: [Attempt]
    let message_time: String?
    let failed_at: String
    let key: Bytes?
    let value: Bytes?
    let headers: [Header]

    init(_ letter: DeadLetter) {
        topic = letter.position.topic
        partition = letter.position.partition
        offset = letter.position.offset
        table = letter.table
        reason = letter.reason
        field = letter.field
        message = letter.message
        attempts = letter.attempts
        history = letter.history.map {
            Attempt(
                reason: $0.reason, field: $0.field, message: $0.message, failed_at: DeadLetterText.time($0.failedAt))
        }
        message_time = letter.timestamp.map(DeadLetterText.time)
        failed_at = DeadLetterText.time(letter.failedAt)
        key = letter.key.map(Bytes.init)
        value = letter.value.map(Bytes.init)
        headers = letter.headers.map { Header(name: $0.name, value: $0.value.map(Bytes.init)) }
    }

    /// One line, without its end.
    static func line(_ letter: DeadLetter) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(DeadLetterJSON(letter)), as: UTF8.self)
    }

    /// The value alone as one line. A line's end inside it becomes a space: JSON allows neither in a string, and means
    /// the same by both elsewhere. Nil for a message without a value.
    static func rawLine(_ letter: DeadLetter) -> [UInt8]? {
        letter.value.map { $0.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 } + [0x0A] }
    }
}
