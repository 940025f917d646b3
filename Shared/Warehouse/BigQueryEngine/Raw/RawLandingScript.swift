// RawLandingScript: the statements by which a batch appears whole or not at all. A plain value, and its text.
//
// BigQuery's transactions read one snapshot, and of two that change rows of one table the later one is cancelled. Every batch changes
// a row of the positions, so that two sinks that stand at the same place cannot both commit.
import CivilTime
import DataContract

struct RawLandingScript {
    let batch: RawBatch
    /// The landing's number.
    let id: Int64
    /// Where the rows are, in the contract's columns.
    let rows: TableReference?
    /// Where the dead letters are.
    let letters: TableReference?

    /// Comes back, with the partitions behind it, in the error by which the script ends itself.
    static let fence = "millrace: moved on meanwhile:"

    private var topic: String { BigQueryQuoting.string(batch.contract.topic.name) }
    private let positions = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.positions)
    private let landings = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.landings)

    init(_ batch: RawBatch, id: Int64, rows: TableReference?, letters: TableReference?) {
        self.batch = batch
        self.id = id
        self.rows = rows
        self.letters = letters
    }

    /// Gives the landing's row.
    var sql: String {
        var statements = ["BEGIN TRANSACTION", check, move]
        if let rows {
            let columns = batch.contract.columns.map { BigQueryQuoting.identifier(RawSchema.name($0.name)) }
            let table = BigQueryQuoting.identifier(batch.contract.table.schema, batch.contract.table.name)
            statements.append(copy(columns, as: columns, from: rows, into: table))
        }
        if let letters {
            let columns = RawSchema.letterFields.map { BigQueryQuoting.identifier($0.name) }
            let values = zip(RawSchema.letterFields, columns).map { $0.type == "BYTES" ? "FROM_BASE64(\($1))" : $1 }
            let table = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.letters)
            statements.append(copy(columns, as: values, from: letters, into: table))
        }
        statements += [note, "COMMIT TRANSACTION", Self.landing(id)]
        return statements.joined(separator: ";\n")
    }

    /// The row of a landing; none when it has not been.
    static func landing(_ id: Int64) -> String {
        """
        SELECT low_watermark, landed_at FROM \(BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.landings))
        WHERE id = \(BigQueryQuoting.int64(id))
        """
    }

    /// The batch's partitions as a table `s`.
    private var sources: String {
        let rows = batch.sources.map { source in
            """
            SELECT \(BigQueryQuoting.int64(Int64(source.partition))) AS partition_number,
              \(BigQueryQuoting.int64(source.expected)) AS expected, \(BigQueryQuoting.int64(source.next)) AS next_offset,
              \(notLater(source.eventTimeMax)) AS latest
            """
        }
        return "(\(rows.joined(separator: " UNION ALL "))) AS s"
    }

    /// A sender's clock that is ahead must not tell that all of the present has come.
    private func notLater(_ microseconds: Int64?) -> String {
        let time = BigQueryQuoting.timestamp(microseconds)
        return "IF(\(time) > CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP(), \(time))"
    }

    private var check: String {
        """
        SELECT IF(COUNT(*) = 0, 0, ERROR(CONCAT('\(Self.fence)',
          STRING_AGG(CAST(s.partition_number AS STRING), ',')))) AS moved
        FROM \(sources) LEFT JOIN \(positions) AS o ON o.topic = \(topic) AND o.`partition` = s.partition_number
        WHERE o.next_offset IS DISTINCT FROM s.expected
        """
    }

    private var move: String {
        let guardTopic = BigQueryQuoting.string(RawSchema.guardTopic)
        return """
            MERGE INTO \(positions) AS o
            USING (SELECT \(topic) AS topic, s.partition_number, s.next_offset, s.latest FROM \(sources)
              UNION ALL SELECT \(guardTopic), 0, 0, CAST(NULL AS TIMESTAMP)) AS s
            ON o.topic = s.topic AND o.`partition` = s.partition_number
            WHEN MATCHED THEN UPDATE SET next_offset = s.next_offset, updated_at = CURRENT_TIMESTAMP(),
              event_time_max = GREATEST(COALESCE(o.event_time_max, s.latest), COALESCE(s.latest, o.event_time_max))
            WHEN NOT MATCHED THEN INSERT (topic, `partition`, next_offset, updated_at, event_time_max)
              VALUES (s.topic, s.partition_number, s.next_offset, CURRENT_TIMESTAMP(), s.latest)
            """
    }

    private func copy(
        _ columns: [String], as values: [String], from stage: TableReference, into table: String
    ) -> String {
        let stage = BigQueryQuoting.identifier(stage.datasetId, stage.tableId)
        let (columns, values) = (columns.joined(separator: ", "), values.joined(separator: ", "))
        return "INSERT INTO \(table) (\(columns)) SELECT \(values) FROM \(stage)"
    }

    /// The landing, with the low watermark: a partition that gets nothing, and of which its sink says so, holds it not back.
    private var note: String {
        let times = batch.eventTimes
        let offsets = batch.sources.map { #"{"partition":\#($0.partition),"first":\#($0.first),"next":\#($0.next)}"# }
        let values = [
            BigQueryQuoting.int64(id), topic, BigQueryQuoting.string("\(batch.contract.table)"),
            BigQueryQuoting.int64(Int64(batch.rows.count)), BigQueryQuoting.int64(Int64(batch.deadLetters.count)), "0",
            BigQueryQuoting.int64(Int64(batch.bytes)), BigQueryQuoting.string("[\(offsets.joined(separator: ","))]"),
            BigQueryQuoting.timestamp(times.least), BigQueryQuoting.timestamp(times.greatest),
            "COALESCE(MIN(IF(is_idle, NULL, event_time_max)), MIN(event_time_max))",
            BigQueryQuoting.string(batch.days.joined(separator: ",")), "CURRENT_TIMESTAMP()",
        ]
        return """
            INSERT INTO \(landings) (id, topic, raw_table, `rows`, rejected, duplicates, bytes, offsets, event_time_min,
              event_time_max, low_watermark, days, landed_at)
            SELECT \(values.joined(separator: ", "))
            FROM (SELECT event_time_max, COALESCE(updated_at < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 60 SECOND)
                AND at_end_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 60 SECOND), FALSE) AS is_idle
              FROM \(positions) WHERE topic = \(topic))
            """
    }
}

extension RawBatch {
    /// The days that get rows, `2026-11-23`, ascending.
    var days: [String] { eventTimes.days.sorted().map { TimestampText.day(CivilDay(number: Int($0))) } }
}
