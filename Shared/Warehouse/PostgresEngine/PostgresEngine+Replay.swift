// A second reading of a topic: what a table lacks is filled in, or another table gets all of it. The sink's own positions
// are not touched.
import DataContract
import Postgres

extension PostgresEngine {
    /// One pass over the rows of the partition, sorted by offset: where the next one is not the next offset, some are
    /// missing.
    public func missingOffsets(
        of contract: Contract, partition: Int32, in range: Range<Int64>
    ) async throws(WarehouseError) -> [Range<Int64>] {
        let table = contract.table
        let topic = contract.topic.name
        return try await translating {
            try await pool.query(
                """
                WITH present AS (
                  SELECT \(range.lowerBound - 1)::bigint AS at UNION ALL SELECT \(range.upperBound)::bigint
                  UNION ALL SELECT _offset FROM \(identifier: table.schema, table.name)
                  WHERE _topic = \(topic) AND _partition = \(partition)
                    AND _offset >= \(range.lowerBound) AND _offset < \(range.upperBound)
                  UNION ALL SELECT "offset" FROM raw._dead_letters
                  WHERE topic = \(topic) AND partition = \(partition)
                    AND "offset" >= \(range.lowerBound) AND "offset" < \(range.upperBound)
                )
                SELECT at + 1, next FROM (SELECT at, lead(at) OVER (ORDER BY at) AS next FROM present) gaps
                WHERE next > at + 1 ORDER BY at
                """
            ).map { row in
                let (first, next): (Int64, Int64) = (try row.get(0), try row.get(1))
                return first..<next
            }
        }
    }

    /// Under an advisory lock of the topic; the check and the rows are one statement.
    public func fill(_ batch: RawBatch) async throws(WarehouseError) -> Int {
        try await translating {
            try await pool.withTransaction { connection in
                let name = "millrace.fill \(batch.contract.topic.name)"
                try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended(\(name), 0))")
                let rows = try await insert(batch.rows, of: batch.contract, leavingOut: .present, connection)
                let letters = try await unknown(batch.deadLetters, batch.contract, connection)
                try await write(letters, connection)
                guard rows > 0 || !letters.isEmpty else { return 0 }
                var noted = batch
                noted.deadLetters = letters
                _ = try await note(noted, rows: rows, connection)
                return rows
            }
        }
    }

    /// Those that are neither dead letters already nor, after a redrive, rows.
    private func unknown(
        _ letters: [DeadLetter], _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> [DeadLetter] {
        guard !letters.isEmpty else { return [] }
        let table = contract.table
        var absent: Set<DeadLetter.Position> = []
        for row in try await connection.query(
            """
            SELECT s.partition, s."offset"
            FROM unnest(\(letters.map(\.position.partition))::integer[], \(letters.map(\.position.offset))::bigint[])
              AS s (partition, "offset")
            WHERE NOT EXISTS (SELECT FROM raw._dead_letters d WHERE d.topic = \(contract.topic.name)
                AND d.partition = s.partition AND d."offset" = s."offset")
              AND NOT EXISTS (SELECT FROM \(identifier: table.schema, table.name) t
                WHERE t._topic = \(contract.topic.name) AND t._partition = s.partition AND t._offset = s."offset")
            """)
        {
            absent.insert(
                .init(topic: contract.topic.name, partition: try row.get(0), offset: try row.get(1)))
        }
        return letters.filter { absent.contains($0.position) }
    }

    /// Reads `raw._replays`. What is left of a table that is gone counts for nothing.
    public func replayPositions(
        of topic: String, into table: Contract.TableName
    ) async throws(WarehouseError) -> [Int32: Int64] {
        try await translating {
            try await pool.query(
                """
                DELETE FROM raw._replays
                WHERE raw_table = \("\(table)")
                  AND to_regclass(\(PostgresQuoting.identifier(table.schema, table.name))) IS NULL
                """)
            var positions: [Int32: Int64] = [:]
            for row in try await pool.query(
                """
                SELECT partition, next_offset FROM raw._replays WHERE raw_table = \("\(table)") AND topic = \(topic)
                """)
            {
                positions[try row.get(0)] = try row.get(1)
            }
            return positions
        }
    }

    /// The positions are compared and moved first, so that the second of two replays writes nothing.
    public func appendReplayed(_ batch: RawBatch) async throws(WarehouseError) {
        let (name, topic) = ("\(batch.contract.table)", batch.contract.topic.name)
        try await translating {
            try await pool.withTransaction { connection in
                for source in batch.sources.sorted(by: { $0.partition < $1.partition }) {
                    let moved: Int
                    if let expected = source.expected {
                        moved = try await connection.execute(
                            """
                            UPDATE raw._replays SET next_offset = \(source.next), updated_at = now()
                            WHERE raw_table = \(name) AND topic = \(topic) AND partition = \(source.partition)
                              AND next_offset = \(expected)
                            """)
                    } else {
                        moved = try await connection.execute(
                            """
                            INSERT INTO raw._replays (raw_table, topic, partition, next_offset)
                            VALUES (\(name), \(topic), \(source.partition), \(source.next)) ON CONFLICT DO NOTHING
                            """)
                    }
                    guard moved == 1 else {
                        throw WarehouseError.fenced(topic: topic, partitions: [source.partition])
                    }
                }
                _ = try await insert(batch.rows, of: batch.contract, connection)
            }
        }
    }
}
