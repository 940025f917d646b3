// What is still to be said about landings and dead letters, and what has been said.
import Foundation
import Postgres

extension PostgresEngine {
    /// Reads the outbox `raw._landings`.
    public func unpublishedLandings(
        of topic: String, age: Duration, limit: Int
    ) async throws(WarehouseError) -> [Landing] {
        try await translating {
            readable(
                "raw._landings", keyed: 1,
                try await pool.query(
                    """
                    SELECT \(sql: Self.landingColumns) FROM raw._landings
                    WHERE topic = \(topic) AND published_at IS NULL
                      AND landed_at <= clock_timestamp() - \(Int(age.components.seconds))::bigint * interval '1 second'
                    ORDER BY id LIMIT \(limit)::bigint
                    """
                ), Landing.init)
        }
    }

    /// Also deletes what was published longer ago than `keeping`.
    public func markPublished(_ landings: [Int64], keeping: Duration) async throws(WarehouseError) {
        try await translating {
            try await pool.query("UPDATE raw._landings SET published_at = now() WHERE id = ANY (\(landings)::bigint[])")
            try await pool.query(
                """
                DELETE FROM raw._landings
                WHERE published_at < now() - \(Int(keeping.components.seconds))::bigint * interval '1 second'
                """)
        }
    }

    /// Reads `raw._dead_letters` by its index of those not yet mirrored. How large a value is, PostgreSQL knows without
    /// reading it.
    public func unmirroredDeadLetters(
        of topic: String, age: Duration, limit: Int, bytesMax: Int
    ) async throws(WarehouseError) -> [DeadLetter] {
        try await translating {
            readable(
                "raw._dead_letters", keyed: 3,
                try await pool.query(
                    """
                    WITH waiting AS (
                      SELECT topic, partition, "offset", coalesce(octet_length(value), 0) AS bytes FROM raw._dead_letters
                      WHERE topic = \(topic) AND mirrored_at IS NULL
                        AND failed_at <= clock_timestamp() - \(Int(age.components.seconds))::bigint * interval '1 second'
                      ORDER BY partition, "offset" LIMIT \(limit)::bigint
                    ), page AS (
                      SELECT topic, partition, "offset", sum(bytes) OVER (ORDER BY partition, "offset") AS total,
                        row_number() OVER (ORDER BY partition, "offset") AS number
                      FROM waiting
                    )
                    \(sql: Self.letterColumns) JOIN page USING (topic, partition, "offset")
                    WHERE number = 1 OR total <= \(bytesMax) ORDER BY partition, "offset"
                    """
                ), DeadLetter.init)
        }
    }

    /// Marking one twice changes nothing but the time.
    public func markMirrored(_ letters: [DeadLetter.Position]) async throws(WarehouseError) {
        _ = try await translating {
            try await pool.query(
                """
                UPDATE raw._dead_letters d SET mirrored_at = now()
                FROM unnest(\(letters.map(\.topic))::text[], \(letters.map(\.partition))::integer[],
                  \(letters.map(\.offset))::bigint[]) AS s (topic, partition, "offset")
                WHERE d.topic = s.topic AND d.partition = s.partition AND d."offset" = s."offset"
                """)
        }
    }

    /// Rows as values. One that cannot be read, because somebody wrote into our tables, is told by name, and does not keep the
    /// others from being read.
    /// - Parameter key: How many columns, from the first, are the name.
    func readable<Value>(
        _ table: String, keyed key: Int, _ rows: PostgresRows, _ make: (PostgresRow) throws -> Value
    ) -> [Value] {
        rows.compactMap { row in
            do {
                return try make(row)
            } catch {
                let name = (0..<key).map { row.text(at: $0) ?? "NULL" }.joined(separator: "/")
                logger.error(
                    "stored row cannot be read; it is passed over",
                    metadata: ["table": "\(table)", "row": "\(name)", "error": "\(error)"])
                return nil
            }
        }
    }

    static let landingColumns = """
        id, topic, raw_table, rows, rejected, duplicates, offsets, event_time_min, event_time_max, low_watermark,
        days::text[], landed_at
        """

    static let letterColumns = """
        SELECT topic, partition, "offset", raw_table, reason, field, message, key, value, headers, message_time, failed_at,
          attempts, history
        FROM raw._dead_letters
        """
}

extension Landing {
    /// Reads a row of `PostgresEngine.landingColumns`.
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.get(0), topic: try row.get(1), table: try row.get(2), rows: try row.get(3),
            rejected: try row.get(4), duplicates: try row.get(5),
            offsets: try row.get(6, as: PostgresJSON.self).decoded(as: [Landing.Offsets].self),
            eventTimeMin: try row.get(7, as: PostgresTimestamp?.self)?.microseconds,
            eventTimeMax: try row.get(8, as: PostgresTimestamp?.self)?.microseconds,
            lowWatermark: try row.get(9, as: PostgresTimestamp?.self)?.microseconds,
            days: try row.get(10), landedAt: try row.get(11, as: PostgresTimestamp.self).microseconds)
    }
}

extension DeadLetter {
    /// Reads a row of `PostgresEngine.letterColumns`.
    init(_ row: PostgresRow) throws {
        let headers = try row.get(9, as: PostgresJSON.self).decoded(as: [[String: String?]].self)
        self.init(
            position: Position(topic: try row.get(0), partition: try row.get(1), offset: try row.get(2)),
            table: try row.get(3), reason: try row.get(4), field: try row.get(5), message: try row.get(6),
            key: try row.get(7, as: PostgresBytes?.self)?.bytes, value: try row.get(8, as: PostgresBytes?.self)?.bytes,
            headers: headers.map { header in
                let value = (header["value"] ?? nil).flatMap { Data(base64Encoded: $0) }
                return Header(name: (header["name"] ?? nil) ?? "", value: value.map { [UInt8]($0) })
            },
            timestamp: try row.get(10, as: PostgresTimestamp?.self)?.microseconds,
            failedAt: try row.get(11, as: PostgresTimestamp.self).microseconds, attempts: try row.get(12),
            history: try row.get(13, as: PostgresJSON.self).decoded(as: [Attempt].self))
    }
}
