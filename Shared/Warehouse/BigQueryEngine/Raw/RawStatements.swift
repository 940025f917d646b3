// RawStatements: what the scripts of the raw side are made of.
//
// BigQuery's transactions read one snapshot, and of two that change rows of one table (UPDATE, DELETE, MERGE) the later one is
// cancelled; those that only add rows are in nobody's way. So scripts that must not run side by side all change one row, the guard,
// which is there for that alone.
import CivilTime
import DataContract

enum RawStatements {
    static let positions = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.positions)
    static let letters = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.letters)
    static let landings = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.landings)
    static let replays = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.replays)
    static let guardTopic = BigQueryQuoting.string(RawSchema.guardTopic)

    /// Comes back, with the partitions behind it, in the error by which a script ends itself when things are not as it believes.
    static let fence = "millrace: moved on meanwhile:"

    /// Makes the guard of the positions. Two of it, made at the same time, do what one does.
    static let positionGuard = """
        INSERT INTO \(positions) (topic, `partition`, next_offset, updated_at)
        SELECT topic, 0, 0, CURRENT_TIMESTAMP() FROM (SELECT \(guardTopic) AS topic) AS g
        WHERE NOT EXISTS (SELECT 1 FROM \(positions) AS o WHERE o.topic = g.topic)
        """

    /// Makes the guard of replays.
    static let replayGuard = """
        INSERT INTO \(replays) (raw_table, topic, `partition`, next_offset, updated_at)
        SELECT topic, topic, 0, 0, CURRENT_TIMESTAMP() FROM (SELECT \(guardTopic) AS topic) AS g
        WHERE NOT EXISTS (SELECT 1 FROM \(replays) AS o WHERE o.topic = g.topic)
        """

    /// Keeps two that fill, or replay, from running side by side.
    static let touchReplays = "UPDATE \(replays) SET updated_at = CURRENT_TIMESTAMP() WHERE topic = \(guardTopic)"

    /// Statements as a script.
    static func script(_ statements: [String]) -> String { statements.joined(separator: ";\n") }

    /// Columns of a contract's table.
    static func columns(of contract: Contract) -> [String] {
        contract.columns.map { BigQueryQuoting.identifier(RawSchema.name($0.name)) }
    }

    static func name(of table: TableReference) -> String {
        BigQueryQuoting.identifier(table.datasetId, table.tableId)
    }

    static func name(of table: Contract.TableName) -> String { BigQueryQuoting.identifier(table.schema, table.name) }

    /// Copies rows from a staging table, called `s`.
    /// - Parameter condition: Which of them.
    static func copyRows(
        of contract: Contract, from stage: TableReference, where condition: String = "TRUE"
    ) -> String {
        let columns = columns(of: contract).joined(separator: ", ")
        return """
            INSERT INTO \(name(of: contract.table)) (\(columns))
            SELECT \(columns) FROM \(name(of: stage)) AS s WHERE \(condition)
            """
    }

    /// Copies dead letters from a staging table, called `s`: what is bytes is Base64 there.
    static func copyLetters(from stage: TableReference, where condition: String = "TRUE") -> String {
        let columns = RawSchema.letterFields.map { BigQueryQuoting.identifier($0.name) }
        return """
            INSERT INTO \(letters) (\(columns.joined(separator: ", ")))
            SELECT \(letterValues("s").joined(separator: ", ")) FROM \(name(of: stage)) AS s WHERE \(condition)
            """
    }

    private static func letterValues(_ table: String) -> [String] {
        RawSchema.letterFields.map { field in
            let value = "\(table).\(BigQueryQuoting.identifier(field.name))"
            return field.type == "BYTES" ? "FROM_BASE64(\(value))" : value
        }
    }

    /// Which dead letters: by positions of one topic.
    static func isOneOf(_ positions: [DeadLetter.Position], _ partition: String, _ offset: String) -> String {
        let names = positions.map { BigQueryQuoting.string("\($0.partition)/\($0.offset)") }
        return """
            CONCAT(CAST(\(partition) AS STRING), '/', CAST(\(offset) AS STRING)) IN (\(names.joined(separator: ", ")))
            """
    }

    /// Writes the landing: the outbox of `data.landed`. A partition that gets nothing, and of which its sink says so, does not hold
    /// back the low watermark. `rows` and `rejected` are numbers of SQL.
    static func note(
        _ batch: RawBatch, id: Int64, rows: String, rejected: String, where condition: String = "TRUE"
    ) -> String {
        let topic = BigQueryQuoting.string(batch.contract.topic.name)
        let times = batch.eventTimes
        let offsets = batch.sources.map { #"{"partition":\#($0.partition),"first":\#($0.first),"next":\#($0.next)}"# }
        let values = [
            BigQueryQuoting.int64(id), topic, BigQueryQuoting.string("\(batch.contract.table)"), rows, rejected, "0",
            BigQueryQuoting.int64(Int64(batch.bytes)), BigQueryQuoting.string("[\(offsets.joined(separator: ","))]"),
            BigQueryQuoting.timestamp(times.least), BigQueryQuoting.timestamp(times.greatest), "w.low",
            BigQueryQuoting.string(batch.days.joined(separator: ",")), "CURRENT_TIMESTAMP()",
        ]
        // Ends are noted once a minute, by a statement that takes seconds.
        return """
            INSERT INTO \(landings) (id, topic, raw_table, `rows`, rejected, duplicates, bytes, offsets, event_time_min,
              event_time_max, low_watermark, days, landed_at)
            SELECT \(values.joined(separator: ", "))
            FROM (SELECT COALESCE(MIN(IF(is_idle, NULL, event_time_max)), MIN(event_time_max)) AS low
              FROM (SELECT event_time_max, COALESCE(updated_at < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 60 SECOND)
                  AND at_end_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 150 SECOND), FALSE) AS is_idle
                FROM \(positions) WHERE topic = \(topic)) AS p) AS w
            WHERE \(condition)
            """
    }

    /// Has the script end itself unless `condition` finds just `count` rows of `table`.
    /// - Parameter partitions: What the error tells.
    static func expect(_ count: Int, of table: String, where condition: String, partitions: [Int32] = []) -> String {
        let mark = BigQueryQuoting.string(fence + partitions.map { "\($0)" }.joined(separator: ","))
        return "SELECT IF(COUNT(*) = \(count), 0, ERROR(\(mark))) AS moved FROM \(table) WHERE \(condition)"
    }
}

extension RawBatch {
    /// The days that get rows, `2026-11-23`, ascending.
    var days: [String] { eventTimes.days.sorted().map { TimestampText.day(CivilDay(number: Int($0))) } }
}
