import DataContract
import Foundation
import Kafka
import Warehouse

extension DeadLetter {
    /// The record as it came, with the reason why it cannot be a row.
    init(_ record: Record, _ rejection: Rejection, table: Contract.TableName, failedAt: Int64) {
        self.init(
            position: Position(topic: record.topic, partition: record.partition, offset: record.offset),
            table: table.description, reason: rejection.reason.rawValue, field: rejection.field,
            message: rejection.message, key: record.key, value: record.value,
            headers: record.headers.map { Header(name: $0.name, value: $0.value) },
            timestamp: record.timestamp.map { $0.milliseconds * 1_000 }, failedAt: failedAt)
    }

    /// The message for the dead-letter topic: value and headers as they came, and Kafka Connect's headers saying why.
    /// Its key is the source position, so that it is the same message however often it is sent; the key that the
    /// message had is in the header `__connect.errors.key`, its time in `…timestamp`, that of the refusal in `…failed.at`.
    func mirror(topic: String, instance: String) -> ProducerMessage {
        var headers = headers.map { KafkaHeader($0.name, $0.value) }
        func add(_ name: String, _ text: String) { headers.append(KafkaHeader("__connect.errors.\(name)", text: text)) }
        add("topic", position.topic)
        add("partition", "\(position.partition)")
        add("offset", "\(position.offset)")
        add("connector.name", "raw-sink")
        add("task.id", instance)
        add("stage", reason == Rejection.Reason.refusedByWarehouse.rawValue ? "TASK_PUT" : "VALUE_CONVERTER")
        add("class.name", "RecordDecoder")
        add("exception.class.name", reason)
        add("exception.message", message)
        if let field { add("field", field) }
        add("failed.at", Self.text(failedAt))
        if let timestamp { add("timestamp", Self.text(timestamp)) }
        if let key { headers.append(KafkaHeader("__connect.errors.key", key)) }
        return ProducerMessage(topic: topic, key: Array("\(position)".utf8), value: value, headers: headers)
    }

    /// RFC 3339, to the millisecond.
    private static func text(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1e6)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
