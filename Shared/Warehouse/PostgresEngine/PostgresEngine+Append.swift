// Appending exactly once: rows, dead letters, landing and positions in one transaction, which begins where the last one of
// each partition ended, or does nothing.
import DataContract
import Foundation
import Postgres

extension PostgresEngine {
    /// Reads `raw._sink_offsets`.
    public func sinkPositions(of topic: String) async throws(WarehouseError) -> [Int32: Int64] {
        try await translating {
            var positions: [Int32: Int64] = [:]
            let query: PostgresQuery = "SELECT partition, next_offset FROM raw._sink_offsets WHERE topic = \(topic)"
            do {
                for row in try await pool.query(query) { positions[try row.get(0)] = try row.get(1) }
            } catch let error as PostgresError where error.sqlState == .undefinedTable {
                throw WarehouseError.tableMissing("raw._sink_offsets")
            }
            return positions
        }
    }

    /// Of the table and of `raw._dead_letters`.
    public func landedCount(
        of contract: Contract, partition: Int32, in range: Range<Int64>
    ) async throws(WarehouseError) -> Int {
        let (table, topic) = (contract.table, contract.topic.name)
        return try await translating {
            try await pool.query(
                """
                SELECT (SELECT count(*) FROM \(identifier: table.schema, table.name)
                    WHERE _topic = \(topic) AND _partition = \(partition)
                      AND _offset >= \(range.lowerBound) AND _offset < \(range.upperBound))
                  + (SELECT count(*) FROM raw._dead_letters
                    WHERE topic = \(topic) AND partition = \(partition)
                      AND "offset" >= \(range.lowerBound) AND "offset" < \(range.upperBound))
                """
            ).one().get(0)
        }
    }

    /// In `raw._sink_offsets`: a sink that is at work there is fenced off by it.
    public func moveSinkPosition(
        of topic: String, partition: Int32, from: Int64, to next: Int64
    ) async throws(WarehouseError) {
        try await translating {
            try await pool.withTransaction { connection in
                let moved = try await connection.execute(
                    """
                    UPDATE raw._sink_offsets SET next_offset = \(next), updated_at = now()
                    WHERE topic = \(topic) AND partition = \(partition) AND next_offset = \(from)
                    """)
                guard moved == 1 else { throw WarehouseError.fenced(topic: topic, partitions: [partition]) }
                // Positions are the letters' key, and come a second time in a topic that was made anew.
                try await connection.query(
                    """
                    WITH old AS (
                      SELECT "offset", row_number() OVER (ORDER BY "offset") AS number FROM raw._dead_letters
                      WHERE topic = \(topic) AND partition = \(partition) AND "offset" >= \(next)
                    ), floor AS (
                      SELECT least(min("offset"), 0) AS least FROM raw._dead_letters
                      WHERE topic = \(topic) AND partition = \(partition)
                    )
                    UPDATE raw._dead_letters d SET "offset" = floor.least - old.number FROM old, floor
                    WHERE d.topic = \(topic) AND d.partition = \(partition) AND d."offset" = old."offset"
                    """)
            }
        }
    }

    /// A row that somebody has in hand is passed over: its partition gets something just now.
    public func noteEnds(of topic: String, at positions: [Int32: Int64]) async throws(WarehouseError) {
        let ends = positions.sorted { $0.key < $1.key }
        _ = try await translating {
            try await pool.execute(
                """
                WITH ends AS (
                  SELECT o.partition FROM raw._sink_offsets o
                  JOIN unnest(\(ends.map(\.key))::integer[], \(ends.map(\.value))::bigint[]) AS e (partition, next_offset)
                    USING (partition, next_offset)
                  WHERE o.topic = \(topic) FOR UPDATE OF o SKIP LOCKED)
                UPDATE raw._sink_offsets o SET at_end_at = now() FROM ends
                WHERE o.topic = \(topic) AND o.partition = ends.partition
                """)
        }
    }

    /// Binary COPY, between moving the positions and noting the landing. When the table turns out to be another than the
    /// contract's (a column came or grew meanwhile, a day's partition is missing), it is mended and the whole tried again.
    public func append(_ batch: RawBatch) async throws(WarehouseError) -> Landing {
        try await translating {
            do {
                return try await appendOnce(batch)
            } catch {
                guard try await isAboutTheTable(error, batch.contract) else { throw error }
                logger.warning(
                    "raw table is not as its contract says",
                    metadata: ["table": "\(batch.contract.table)", "error": "\(error)"])
            }
            _ = try await prepareRawTables(for: [batch.contract])
            return try await appendOnce(batch)
        }
    }

    private func appendOnce(_ batch: RawBatch) async throws -> Landing {
        try await pool.withTransaction { connection in
            try await advance(batch, connection)
            let rows = try await insert(batch.rows, of: batch.contract, connection)
            if !batch.deadLetters.isEmpty { try await write(batch.deadLetters, connection) }
            return try await note(batch, rows: rows, connection)
        }
    }

    /// Moves each partition from where this sink believes it to be; anything else means that another sink was here.
    private func advance(_ batch: RawBatch, _ connection: PostgresConnection) async throws {
        let topic = batch.contract.topic.name
        let sources = batch.sources.sorted { $0.partition < $1.partition }
        let partitions = sources.map(\.partition)
        var present: [Int32: Int64] = [:]
        // In order, so that two sinks never wait for each other.
        for row in try await connection.query(
            """
            SELECT partition, next_offset FROM raw._sink_offsets
            WHERE topic = \(topic) AND partition = ANY (\(partitions)::integer[]) ORDER BY partition FOR UPDATE
            """)
        {
            present[try row.get(0)] = try row.get(1)
        }
        let moved = sources.filter { present[$0.partition] != $0.expected }.map(\.partition)
        guard moved.isEmpty else { throw WarehouseError.fenced(topic: topic, partitions: moved) }
        let known = sources.filter { $0.expected != nil }, new = sources.filter { $0.expected == nil }
        if !known.isEmpty {
            try await connection.query(
                """
                UPDATE raw._sink_offsets o SET next_offset = s.next_offset, updated_at = now(),
                  event_time_max = greatest(o.event_time_max, \(sql: Self.notLater))
                FROM unnest(\(known.map(\.partition))::integer[], \(known.map(\.next))::bigint[],
                  \(known.map(\.latest))::timestamptz[]) AS s (partition, next_offset, event_time_max)
                WHERE o.topic = \(topic) AND o.partition = s.partition
                """)
        }
        guard !new.isEmpty else { return }
        do {
            try await connection.query(
                """
                INSERT INTO raw._sink_offsets (topic, partition, next_offset, event_time_max)
                SELECT \(topic), s.partition, s.next_offset, \(sql: Self.notLater)
                FROM unnest(\(new.map(\.partition))::integer[], \(new.map(\.next))::bigint[],
                  \(new.map(\.latest))::timestamptz[]) AS s (partition, next_offset, event_time_max)
                """)
        } catch {
            guard error.sqlState == .uniqueViolation else { throw error }
            throw WarehouseError.fenced(topic: topic, partitions: new.map(\.partition))
        }
    }

    /// A partition without events says nothing about how far the others are (Flink calls such a source idle): nothing
    /// has landed for a minute, and its sink says that nothing is there.
    private static let isIdle = """
        (updated_at < now() - interval '1 minute'
          AND at_end_at IS NOT NULL AND at_end_at > now() - interval '1 minute')
        """

    /// A sender's clock that is ahead must not tell that all of the present has come.
    private static let notLater = "CASE WHEN s.event_time_max > now() THEN now() ELSE s.event_time_max END"

    func write(_ letters: [DeadLetter], _ connection: PostgresConnection) async throws {
        // The same position cannot come twice: the positions were just moved past it in this transaction.
        for letter in letters {
            let headers = try PostgresJSON(
                encoding: letter.headers.map {
                    ["name": $0.name, "value": $0.value.map { Data($0).base64EncodedString() }]
                })
            let timestamp = letter.timestamp.map { PostgresTimestamp(microseconds: $0) }
            try await connection.query(
                """
                INSERT INTO raw._dead_letters (topic, partition, "offset", raw_table, reason, field, message, key, value,
                  headers, message_time, failed_at)
                VALUES (\(letter.position.topic), \(letter.position.partition), \(letter.position.offset), \(letter.table),
                  \(letter.reason), \(letter.field), \(letter.message), \(letter.key.map(PostgresBytes.init)),
                  \(letter.value.map(PostgresBytes.init)), \(headers), \(timestamp),
                  \(PostgresTimestamp(microseconds: letter.failedAt)))
                """)
        }
    }

    /// Writes the landing: the outbox of `data.landed`.
    func note(_ batch: RawBatch, rows: Int, _ connection: PostgresConnection) async throws -> Landing {
        let offsets = try PostgresJSON(
            encoding: batch.sources.map { Landing.Offsets(partition: $0.partition, first: $0.first, next: $0.next) })
        let times = batch.eventTimes
        let days = times.days.sorted().map { PostgresDate(daysSinceEpoch: $0) }
        return try await Landing(
            connection.query(
                """
                INSERT INTO raw._landings (topic, raw_table, rows, rejected, duplicates, bytes, offsets, event_time_min,
                  event_time_max, days, low_watermark)
                VALUES (\(batch.contract.topic.name), \("\(batch.contract.table)"), \(rows),
                  \(batch.deadLetters.count), \(batch.rows.count - rows), \(batch.bytes), \(offsets),
                  \(times.least.map { PostgresTimestamp(microseconds: $0) }),
                  \(times.greatest.map { PostgresTimestamp(microseconds: $0) }), \(days)::date[],
                  (SELECT coalesce(min(event_time_max) FILTER (WHERE NOT \(sql: Self.isIdle)), min(event_time_max))
                   FROM raw._sink_offsets WHERE topic = \(batch.contract.topic.name)))
                RETURNING \(sql: Self.landingColumns)
                """
            ).one())
    }
}

extension RawBatch.Source {
    fileprivate var latest: PostgresTimestamp? { eventTimeMax.map { PostgresTimestamp(microseconds: $0) } }
}
