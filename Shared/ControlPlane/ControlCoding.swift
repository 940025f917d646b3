import Foundation
import Kafka

/// CloudEvents 1.0 in Kafka's binary content mode: attributes as `ce_` headers, data as the value.
enum ControlCoding {
    enum Header {
        static let id = "ce_id", type = "ce_type", source = "ce_source", time = "ce_time", subject = "ce_subject"
        static let version = "ce_specversion", contentType = "content-type", traceParent = "traceparent"
    }

    /// A message for Kafka. `EnvironmentRemoved` has no data: a null value is what compaction goes by.
    static func encode(
        _ message: some ControlMessage, id: String, source: String, time: Date, parent: TraceParent
    ) throws(EncodingError) -> ProducerMessage {
        let type = Swift.type(of: message)
        let removes = message is EnvironmentRemoved
        var headers = [
            KafkaHeader(Header.version, text: "1.0"),
            KafkaHeader(Header.id, text: id),
            KafkaHeader(Header.type, text: type.type),
            KafkaHeader(Header.source, text: source),
            KafkaHeader(Header.time, text: ControlTime.text(time)),
            KafkaHeader(Header.subject, text: message.subject),
            KafkaHeader(Header.traceParent, text: parent.description),
        ]
        if !removes { headers.append(KafkaHeader(Header.contentType, text: "application/json")) }
        return ProducerMessage(
            topic: type.topic.rawValue, key: Array(message.key.utf8), value: removes ? nil : try data(message),
            headers: headers)
    }

    /// The data of a message as it goes over the wire.
    static func data(_ message: some Encodable) throws(EncodingError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(ControlTime.text(date))
        }
        do {
            return Array(try encoder.encode(message))
        } catch let error as EncodingError {
            throw error
        } catch {
            throw .invalidValue(message, .init(codingPath: [], debugDescription: "\(error)"))
        }
    }

    /// What came of a record.
    enum Decoded {
        case message(ControlEnvelope)
        /// Of a known type, but not as this version knows it.
        case unreadable(UnreadableMessage)
        /// Not a message known here: another type, another version, or no CloudEvent at all.
        case unknown(String)
    }

    static func decode(_ record: Record) -> Decoded {
        decode(
            headers: record.headers, key: record.key, value: record.value, position: record.source,
            offset: record.offset)
    }

    static func decode(
        headers: [KafkaHeader], key: [UInt8]?, value: [UInt8]?, position: TopicPartition, offset: Offset
    ) -> Decoded {
        func header(_ name: String) -> String? { headers.last { $0.name == name }?.text }
        if position.topic == ControlTopic.environments.rawValue, value == nil, let key {
            return removed(String(decoding: key, as: UTF8.self), header, position, offset)
        }
        guard header(Header.version)?.hasPrefix("1.") == true, let type = header(Header.type),
            let id = header(Header.id), let source = header(Header.source)
        else { return .unknown("no CloudEvents 1 headers") }
        guard let known = ControlMessages.byType[type] else { return .unknown("type \(type)") }
        let message: any ControlMessage
        do {
            message = try decoder.decode(known, from: Data(value ?? []))
        } catch {
            return .unreadable(
                UnreadableMessage(
                    id: id, type: type, key: key.map { String(decoding: $0, as: UTF8.self) },
                    text: String(decoding: value ?? [], as: UTF8.self), reason: reason(error), position: position,
                    offset: offset))
        }
        return .message(
            ControlEnvelope(
                id: id, type: type, source: source, subject: header(Header.subject),
                time: header(Header.time).flatMap(ControlTime.date),
                traceParent: header(Header.traceParent)
                    .flatMap(TraceParent.init), message: message, position: position, offset: offset))
    }

    /// A null value is an environment's end, also one that was written by hand and has no headers: it is what compaction
    /// goes by.
    private static func removed(
        _ key: String, _ header: (String) -> String?, _ position: TopicPartition, _ offset: Offset
    ) -> Decoded {
        // The keys of parts hold a slash: they end with the manifest that they belong to.
        guard !key.contains("/") else { return .unknown("the end of a part") }
        return .message(
            ControlEnvelope(
                id: header(Header.id) ?? "\(position)@\(offset)", type: EnvironmentRemoved.type,
                source: header(Header.source) ?? "", subject: header(Header.subject),
                time: header(Header.time).flatMap(ControlTime.date),
                traceParent: header(Header.traceParent).flatMap(TraceParent.init),
                message: EnvironmentRemoved(environment: key), position: position, offset: offset))
    }

    /// What is wrong, and where in the message.
    static func reason(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the message" : "`" + path.map(\.stringValue).joined(separator: ".") + "`"
        }
        let text =
            switch error as? DecodingError {
            case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
            case .typeMismatch(_, let context), .dataCorrupted(let context):
                "\(place(context.codingPath)): \(context.debugDescription)"
            case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
            default: "\(error)"
            }
        return ControlText.cut(text, to: 500)
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = ControlTime.date(text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "\(text) is not an RFC 3339 time")
            }
            return date
        }
        return decoder
    }
}
