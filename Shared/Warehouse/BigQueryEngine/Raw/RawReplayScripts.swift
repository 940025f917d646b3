// Scripts of a second reading of a topic: what a table lacks is filled in, or another table gets all of it.
import DataContract

/// Adds those rows and dead letters of a batch whose positions are not there.
struct RawFillScript {
    let batch: RawBatch
    /// The landing's number; there is one when anything was added.
    let id: Int64
    let rows: TableReference?
    let letters: TableReference?

    /// Gives how many rows were added.
    var sql: String {
        var statements = [
            "DECLARE filled INT64 DEFAULT 0", "DECLARE refused INT64 DEFAULT 0", "BEGIN TRANSACTION",
            RawStatements.touchReplays,
        ]
        // What a statement changes is not told everywhere: it is counted before, in the same snapshot.
        if let rows {
            let absent = absent("s._topic", "s._topic_partition", "s._offset")
            statements += [
                "SET filled = (SELECT COUNT(*) FROM \(RawStatements.name(of: rows)) AS s WHERE \(absent))",
                RawStatements.copyRows(of: batch.contract, from: rows, where: absent),
            ]
        }
        if let letters {
            let absent = absent("s.topic", "s.`partition`", "s.`offset`")
            statements += [
                "SET refused = (SELECT COUNT(*) FROM \(RawStatements.name(of: letters)) AS s WHERE \(absent))",
                RawStatements.copyLetters(from: letters, where: absent),
            ]
        }
        statements += [
            RawStatements.note(batch, id: id, rows: "filled", rejected: "refused", where: "filled + refused > 0"),
            "COMMIT TRANSACTION", "SELECT filled",
        ]
        return RawStatements.script(statements)
    }

    /// How many rows came with a landing; nothing when it has not been.
    static func filled(_ id: Int64) -> String {
        "SELECT `rows` FROM \(RawStatements.landings) WHERE id = \(BigQueryQuoting.int64(id))"
    }

    /// Neither a row nor a dead letter.
    private func absent(_ topic: String, _ partition: String, _ offset: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM \(RawStatements.name(of: batch.contract.table)) AS t
          WHERE t._topic = \(topic) AND t._topic_partition = \(partition) AND t._offset = \(offset))
        AND NOT EXISTS (SELECT 1 FROM \(RawStatements.letters) AS d
          WHERE d.topic = \(topic) AND d.`partition` = \(partition) AND d.`offset` = \(offset))
        """
    }
}

/// Adds a batch's rows to another table, and says how far the replay is.
struct RawReplayScript {
    let batch: RawBatch
    /// The batch's number.
    let id: Int64
    let rows: TableReference?

    private var table: String { BigQueryQuoting.string("\(batch.contract.table)") }
    private var topic: String { BigQueryQuoting.string(batch.contract.topic.name) }

    /// Gives a row when it is done.
    var sql: String {
        var statements = ["BEGIN TRANSACTION", RawStatements.touchReplays, check, move]
        if let rows { statements.append(RawStatements.copyRows(of: batch.contract, from: rows)) }
        return RawStatements.script(statements + ["COMMIT TRANSACTION", moved])
    }

    /// A row for each partition that this batch brought to where it is.
    var moved: String { "SELECT next_offset FROM \(RawStatements.replays) WHERE batch = \(BigQueryQuoting.int64(id))" }

    private var sources: String {
        let rows = batch.sources.map { source in
            """
            SELECT \(BigQueryQuoting.int64(Int64(source.partition))) AS partition_number,
              \(BigQueryQuoting.int64(source.expected)) AS expected, \(BigQueryQuoting.int64(source.next)) AS next_offset
            """
        }
        return "(\(rows.joined(separator: " UNION ALL "))) AS s"
    }

    private var check: String {
        """
        SELECT IF(COUNT(*) = 0, 0, ERROR(CONCAT('\(RawStatements.fence)',
          STRING_AGG(CAST(s.partition_number AS STRING), ',')))) AS moved
        FROM \(sources) LEFT JOIN \(RawStatements.replays) AS o
          ON o.raw_table = \(table) AND o.topic = \(topic) AND o.`partition` = s.partition_number
        WHERE o.next_offset IS DISTINCT FROM s.expected
        """
    }

    private var move: String {
        """
        MERGE INTO \(RawStatements.replays) AS o USING (SELECT s.partition_number, s.next_offset FROM \(sources)) AS s
        ON o.raw_table = \(table) AND o.topic = \(topic) AND o.`partition` = s.partition_number
        WHEN MATCHED THEN UPDATE SET next_offset = s.next_offset, updated_at = CURRENT_TIMESTAMP(),
          batch = \(BigQueryQuoting.int64(id))
        WHEN NOT MATCHED THEN INSERT (raw_table, topic, `partition`, next_offset, updated_at, batch)
          VALUES (\(table), \(topic), s.partition_number, s.next_offset, CURRENT_TIMESTAMP(), \(BigQueryQuoting.int64(id)))
        """
    }
}
