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

    private static func data(_ message: some ControlMessage) throws(EncodingError) -> [UInt8] {
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
        guard header(Header.version)?.hasPrefix("1.") == true, let type = header(Header.type),
            let id = header(Header.id), let source = header(Header.source)
        else { return .unknown("no CloudEvents 1 headers") }
        guard let known = ControlMessages.byType[type] else { return .unknown("type \(type)") }
        let message: any ControlMessage
        if known == EnvironmentRemoved.self {
            guard let key else { return .unknown("\(type) without a key") }
            message = EnvironmentRemoved(environment: String(decoding: key, as: UTF8.self))
        } else {
            do {
                message = try decoder.decode(known, from: Data(value ?? []))
            } catch {
                return .unknown("\(type) that cannot be read: \(error)")
            }
        }
        return .message(
            ControlEnvelope(
                id: id, type: type, source: source, subject: header(Header.subject),
                time: header(Header.time).flatMap(ControlTime.date),
                traceParent: header(Header.traceParent)
                    .flatMap(TraceParent.init), message: message, position: position, offset: offset))
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
