// CallMapper: one call of the tracking API becomes one message of a topic, as the pipeline's rules say.
import ControlPlane
import DataContract
import Foundation
import Pipeline

/// Rules of one kind of call, made ready for the bytes of calls.
struct CallMapper {
    /// What the request, not the call, tells.
    struct Surroundings {
        var receivedAt: Int64
        /// The batch's `sentAt`, for calls without one.
        var sentAt: Int64?
        var address: String?
        var userAgent: String?
        /// What of the sender is taken out of the call's own context.
        var privacy = ContextPrivacy()
    }

    private struct Field {
        let name: [UInt8]
        /// `"name":`
        let label: [UInt8]
        let sources: [Source]
        /// Whether the contract wants text: numbers are then put between quotes.
        let isText: Bool
    }

    private enum Source {
        case path([[UInt8]]), rule(CollectorRules.Source)
    }

    let topic: String
    private let call: [UInt8]
    private let fields: [Field]
    private let keyName: String?

    init(call: String, _ rules: CollectorRules.Call, _ contract: Contract) {
        topic = rules.topic
        self.call = Array(call.utf8)
        keyName = contract.key
        fields = rules.fields.map { field in
            Field(
                name: Array(field.name.utf8), label: JSONText.quoted(Array(field.name.utf8)) + [UInt8(ascii: ":")],
                sources: field.sources.map { source in
                    if case .path(let names) = source { return .path(names.map { Array($0.utf8) }) }
                    return .rule(source)
                },
                isText: contract.property(field.name).map { $0.logicalType == .string } ?? false)
        }
    }

    /// What a call becomes.
    struct Message {
        var value: [UInt8] = []
        var key: [UInt8]?
        /// By how many microseconds its time was moved, because the sender's clock is that far off.
        var correction: Int64 = 0
    }

    /// The message of a call.
    func message(_ document: inout CallDocument, _ around: Surroundings) throws(Rejection) -> Message {
        var correction: Int64 = 0
        var output: [UInt8] = []
        output.reserveCapacity(document.range.count + 256)
        var key: [UInt8]?
        output.append(UInt8(ascii: "{"))
        for field in fields {
            let before = output.count
            if before > 1 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: field.label)
            let start = output.count
            var isFilled = false
            for source in field.sources where !isFilled {
                isFilled = try append(source, field, &document, around, &correction, to: &output)
            }
            guard isFilled else {
                output.removeSubrange(before...)
                continue
            }
            if let keyName, field.name.elementsEqual(keyName.utf8) {
                key = output.withUnsafeBytes { EventChecker.text($0, start..<output.count) }
            }
        }
        output.append(UInt8(ascii: "}"))
        return Message(value: output, key: key, correction: correction)
    }

    private func append(
        _ source: Source, _ field: Field, _ document: inout CallDocument, _ around: Surroundings,
        _ correction: inout Int64, to output: inout [UInt8]
    ) throws(Rejection) -> Bool {
        switch source {
        case .path(let path):
            if path.count == 1, path[0].elementsEqual("context".utf8) {
                return try document.appendContext(to: &output, around.privacy)
            }
            guard let value = try document.value(path) else { return false }
            if path.count == 2, path[0].elementsEqual("context".utf8) {
                switch around.privacy.verdict(on: path[1], document.bytes, value) {
                case .keep: break
                case .drop: return false
                case .replace(let text):
                    output.append(contentsOf: text)
                    return true
                }
            }
            let first = document.bytes[value.lowerBound]
            if field.isText, first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 {
                output.append(contentsOf: JSONText.quoted(Array(document.bytes[value])))
            } else if field.isText, value.count == 2, first == UInt8(ascii: "\"") {
                return false  // an empty text says as much as none
            } else {
                output.append(contentsOf: document.bytes[value])
            }
        case .rule(.constant(let text)): output.append(contentsOf: JSONText.quoted(Array(text.utf8)))
        case .rule(.call): output.append(contentsOf: JSONText.quoted(call))
        case .rule(.messageID):
            if let own = CallDocument.find("messageId", in: document.members, document.bytes), own.count > 2,
                document.bytes[own.lowerBound] == UInt8(ascii: "\"")
            {
                output.append(contentsOf: document.bytes[own])
            } else {
                output.append(contentsOf: JSONText.quoted(Array(UUIDv7.make().text.utf8)))
            }
        case .rule(.timestamp):
            correction = Self.correction(document, around)
            guard appendTime(document, around, correction, to: &output) else {
                throw Rejection(
                    .implausibleTime, field: String(decoding: field.name, as: UTF8.self),
                    message:
                        "Corrected by sentAt, the sender's clock, the event's time is in no year that can be written.")
            }
        case .rule(.receivedAt): Self.append(time: around.receivedAt, to: &output)
        case .rule(.address):
            guard let address = around.address else { return false }
            output.append(contentsOf: JSONText.quoted(Array(address.utf8)))
        case .rule(.userAgent):
            guard let agent = around.userAgent, !agent.isEmpty else { return false }
            output.append(contentsOf: JSONText.quoted(Array(agent.utf8)))
        case .rule(.path): return false  // made into `.path` above
        }
        return true
    }

    /// How far the sender's clock is behind ours.
    private static func correction(_ document: CallDocument, _ around: Surroundings) -> Int64 {
        let own = CallDocument.find("sentAt", in: document.members, document.bytes).flatMap { time(document.bytes, $0) }
        return (own ?? around.sentAt).map { around.receivedAt - $0 } ?? 0
    }

    /// The moment of the event by our clock: the sender's clock may be off, but the time between event and sending is
    /// right by it. A timestamp that cannot be read stays as it is, for the contract to refuse.
    /// - Returns: False when the moment is none that can be written.
    private func appendTime(
        _ document: CallDocument, _ around: Surroundings, _ correction: Int64, to output: inout [UInt8]
    ) -> Bool {
        let members = document.members
        let given =
            CallDocument.find("timestamp", in: members, document.bytes)
            ?? CallDocument.find("originalTimestamp", in: members, document.bytes)
        guard let given, document.bytes[given.lowerBound] != UInt8(ascii: "n") else {
            Self.append(time: around.receivedAt, to: &output)
            return true
        }
        guard let time = Self.time(document.bytes, given) else {
            output.append(contentsOf: document.bytes[given])
            return true
        }
        guard EventTime.writable.contains(time + correction) else { return false }
        Self.append(time: time + correction, to: &output)
        return true
    }

    /// Microseconds since 1970 of a JSON string; `nil` for what is no time.
    static func time(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Int64? {
        guard value.count > 2, bytes[value.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return EventTime.microseconds(
            UnsafeRawBufferPointer(rebasing: bytes[value.lowerBound + 1..<value.upperBound - 1]))
    }

    private static func append(time: Int64, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        EventTime.append(time, to: &output)
        output.append(UInt8(ascii: "\""))
    }
}
