// LetterRow: a dead letter as a row of BigQuery's, both ways.
import Foundation

/// A dead letter as a row that is loaded.
struct LetterRow: Encodable {
    private let topic: String, partition: Int32, offset: Int64, raw_table: String, reason: String, field: String?
    private let message: String, key: String?, value: String?, headers: String, message_time: String?, failed_at: String
    private let attempts: Int, history: String

    private struct Header: Encodable {
        let name: String
        let value: String?
    }

    init(_ letter: DeadLetter) throws(BigQueryError) {
        topic = letter.position.topic
        partition = letter.position.partition
        offset = letter.position.offset
        raw_table = letter.table
        reason = letter.reason
        field = letter.field
        message = letter.message
        key = letter.key.map { Data($0).base64EncodedString() }
        value = letter.value.map { Data($0).base64EncodedString() }
        let headers = letter.headers.map {
            Header(name: $0.name, value: $0.value.map { Data($0).base64EncodedString() })
        }
        self.headers = String(decoding: try BigQueryClient.json(headers), as: UTF8.self)
        message_time = letter.timestamp.map(TimestampText.text)
        failed_at = TimestampText.text(letter.failedAt)
        attempts = letter.attempts
        history = String(decoding: try BigQueryClient.json(letter.history), as: UTF8.self)
    }
}

extension DeadLetter {
    /// The columns that it is read from.
    static let bigQueryColumns = """
        topic, `partition`, `offset`, raw_table, reason, field, message, key, value, headers, message_time, failed_at,
        attempts, history
        """

    private struct StoredHeader: Decodable {
        let name: String
        let value: String?
    }

    /// A row of `bigQueryColumns`; nil when it is none that we wrote.
    init?(_ row: [BigQueryValue]) {
        guard row.count == 14, let topic = row[0].string, let partition = row[1].int64.flatMap({ Int32(exactly: $0) }),
            let offset = row[2].int64, let table = row[3].string, let reason = row[4].string,
            let message = row[6].string, let headerText = row[9].string, let failedAt = row[11].timestamp,
            let attempts = row[12].int64, let historyText = row[13].string,
            let headers = try? JSONDecoder().decode([StoredHeader].self, from: Data(headerText.utf8)),
            let history = try? JSONDecoder().decode([Attempt].self, from: Data(historyText.utf8))
        else { return nil }
        self.init(
            position: Position(topic: topic, partition: partition, offset: offset), table: table, reason: reason,
            field: row[5].string, message: message, key: row[7].bytes, value: row[8].bytes,
            headers: headers.map { header in
                Header(name: header.name, value: header.value.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) })
            },
            timestamp: row[10].timestamp, failedAt: failedAt, attempts: Int(attempts), history: history)
    }
}
