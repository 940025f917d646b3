// Where sinks stand, partition by partition.
import DataContract

extension BigQueryEngine {
    /// Reads `raw._sink_offsets`.
    public func sinkPositions(of topic: String) async throws(WarehouseError) -> [Int32: Int64] {
        try await translating { () async throws(BigQueryError) in
            try Self.positions(
                try await rows(
                    "SELECT `partition`, next_offset FROM \(RawStatements.positions) WHERE topic = @p1",
                    [QueryParameter("p1", .string, .string(topic))]))
        }
    }

    /// Rows of a partition and its next offset.
    static func positions(_ rows: [[BigQueryValue]]) throws(BigQueryError) -> [Int32: Int64] {
        var positions: [Int32: Int64] = [:]
        for row in rows {
            guard let partition = row[0].int64.flatMap({ Int32(exactly: $0) }), let next = row[1].int64 else {
                throw BigQueryError(origin: .unreadable, message: "a stored position is no number")
            }
            positions[partition] = next
        }
        return positions
    }

    /// BigQuery has a statement wait for transactions that change the same table.
    public func noteEnds(of topic: String, at positions: [Int32: Int64]) async throws(WarehouseError) {
        guard !positions.isEmpty else { return }
        let ends = positions.sorted { $0.key < $1.key }.map { partition, next in
            "`partition` = \(partition) AND next_offset = \(BigQueryQuoting.int64(next))"
        }
        _ = try await translating { () async throws(BigQueryError) in
            try await transact(
                """
                UPDATE \(RawStatements.positions) SET at_end_at = CURRENT_TIMESTAMP()
                WHERE topic = \(BigQueryQuoting.string(topic)) AND (\(ends.joined(separator: " OR ")))
                """)
        }
    }

    private static func range(_ topic: String, _ partition: Int32, _ range: Range<Int64>) -> [QueryParameter] {
        [
            QueryParameter("topic", .string, .string(topic)),
            QueryParameter("number", .int64, .int64(Int64(partition))),
            QueryParameter("first", .int64, .int64(range.lowerBound)),
            QueryParameter("next", .int64, .int64(range.upperBound)),
        ]
    }

    /// The offsets of a range that are rows or dead letters, each as `pos`.
    private static func landed(_ contract: Contract) -> String {
        """
        SELECT _offset AS pos FROM \(RawStatements.name(of: contract.table))
        WHERE _topic = @topic AND _topic_partition = @number AND _offset >= @first AND _offset < @next
        UNION ALL SELECT `offset` AS pos FROM \(RawStatements.letters)
        WHERE topic = @topic AND `partition` = @number AND `offset` >= @first AND `offset` < @next
        """
    }

    /// Of the table and of `raw._dead_letters`; three columns of them are read.
    public func landedCount(
        of contract: Contract, partition: Int32, in range: Range<Int64>
    ) async throws(WarehouseError) -> Int {
        try await translating { () async throws(BigQueryError) in
            let found = try await rows(
                "SELECT COUNT(*) FROM (\(Self.landed(contract))) AS l",
                Self.range(contract.topic.name, partition, range))
            return Int(found.first?.first?.int64 ?? 0)
        }
    }

    /// One pass over the partition's offsets, sorted: where the next one is not the next offset, some are missing.
    public func missingOffsets(
        of contract: Contract, partition: Int32, in range: Range<Int64>
    ) async throws(WarehouseError) -> [Range<Int64>] {
        try await translating { () async throws(BigQueryError) in
            try await rows(
                """
                SELECT pos + 1, next_pos FROM (SELECT pos, LEAD(pos) OVER (ORDER BY pos) AS next_pos
                  FROM (SELECT @first - 1 AS pos UNION ALL SELECT @next AS pos UNION ALL \(Self.landed(contract))) AS p) AS g
                WHERE next_pos > pos + 1 ORDER BY pos
                """, Self.range(contract.topic.name, partition, range)
            ).compactMap { row in
                guard let first = row[0].int64, let next = row[1].int64, first < next else { return nil }
                return first..<next
            }
        }
    }

    /// In `raw._sink_offsets`: a sink that is at work there is fenced off by it.
    public func moveSinkPosition(
        of topic: String, partition: Int32, from: Int64, to next: Int64
    ) async throws(WarehouseError) {
        let its = "topic = \(BigQueryQuoting.string(topic)) AND `partition` = \(partition)"
        // Positions are the letters' key, and come a second time in a topic that was made anew.
        let script = RawStatements.script([
            "BEGIN TRANSACTION",
            RawStatements.expect(
                1, of: RawStatements.positions, where: "\(its) AND next_offset = \(BigQueryQuoting.int64(from))",
                partitions: [partition]),
            """
            UPDATE \(RawStatements.positions) SET next_offset = \(BigQueryQuoting.int64(next)), updated_at = CURRENT_TIMESTAMP()
            WHERE \(its)
            """,
            """
            UPDATE \(RawStatements.letters) AS d SET `offset` = old.bottom - old.number
            FROM (SELECT `offset`, ROW_NUMBER() OVER (ORDER BY `offset`) AS number,
                (SELECT LEAST(MIN(`offset`), 0) FROM \(RawStatements.letters) WHERE \(its)) AS bottom
              FROM \(RawStatements.letters) WHERE \(its) AND `offset` >= \(BigQueryQuoting.int64(next))) AS old
            WHERE d.topic = \(BigQueryQuoting.string(topic)) AND d.`partition` = \(partition) AND d.`offset` = old.`offset`
            """,
            "COMMIT TRANSACTION", "SELECT 1 AS done",
        ])
        do throws(BigQueryError) {
            _ = try await transact(script)
        } catch {
            guard error.fencedPartitions == nil else { throw .fenced(topic: topic, partitions: [partition]) }
            throw WarehouseError(raw: error)
        }
    }
}
