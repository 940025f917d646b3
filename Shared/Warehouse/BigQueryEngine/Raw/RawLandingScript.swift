// RawLandingScript: the statements by which a batch appears whole or not at all. A plain value, and its text.
// Every batch changes the guard of the positions, so that two sinks that stand at the same place cannot both commit.
import DataContract

struct RawLandingScript {
    let batch: RawBatch
    /// The landing's number.
    let id: Int64
    /// Where the rows are, in the contract's columns.
    let rows: TableReference?
    /// Where the dead letters are.
    let letters: TableReference?

    private var topic: String { BigQueryQuoting.string(batch.contract.topic.name) }

    /// Gives the landing's row.
    var sql: String {
        var statements = ["BEGIN TRANSACTION", check, move]
        if let rows { statements.append(RawStatements.copyRows(of: batch.contract, from: rows)) }
        if let letters { statements.append(RawStatements.copyLetters(from: letters)) }
        statements.append(
            RawStatements.note(
                batch, id: id, rows: BigQueryQuoting.int64(Int64(batch.rows.count)),
                rejected: BigQueryQuoting.int64(Int64(batch.deadLetters.count))))
        return RawStatements.script(statements + ["COMMIT TRANSACTION", Self.landing(id)])
    }

    /// The row of a landing; none when it has not been.
    static func landing(_ id: Int64) -> String {
        "SELECT low_watermark, landed_at, `rows` FROM \(RawStatements.landings) WHERE id = \(BigQueryQuoting.int64(id))"
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
        SELECT IF(COUNT(*) = 0, 0, ERROR(CONCAT('\(RawStatements.fence)',
          STRING_AGG(CAST(s.partition_number AS STRING), ',')))) AS moved
        FROM \(sources) LEFT JOIN \(RawStatements.positions) AS o
          ON o.topic = \(topic) AND o.`partition` = s.partition_number
        WHERE o.next_offset IS DISTINCT FROM s.expected
        """
    }

    private var move: String {
        """
        MERGE INTO \(RawStatements.positions) AS o
        USING (SELECT \(topic) AS topic, s.partition_number, s.next_offset, s.latest FROM \(sources)
          UNION ALL SELECT \(RawStatements.guardTopic), 0, 0, CAST(NULL AS TIMESTAMP)) AS s
        ON o.topic = s.topic AND o.`partition` = s.partition_number
        WHEN MATCHED THEN UPDATE SET next_offset = s.next_offset, updated_at = CURRENT_TIMESTAMP(),
          event_time_max = GREATEST(COALESCE(o.event_time_max, s.latest), COALESCE(s.latest, o.event_time_max))
        WHEN NOT MATCHED THEN INSERT (topic, `partition`, next_offset, updated_at, event_time_max)
          VALUES (s.topic, s.partition_number, s.next_offset, CURRENT_TIMESTAMP(), s.latest)
        """
    }
}
