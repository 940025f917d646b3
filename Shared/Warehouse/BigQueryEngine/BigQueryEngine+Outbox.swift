// What is still to be said about landings and dead letters, and what has been said.
import Foundation
import Synchronization

/// When something was done last, so that it is not done more often than it has to be.
final class Sweep: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// Whether it is time again; then it counts as done.
    func isDue(every pause: Duration, at now: ContinuousClock.Instant = .now) -> Bool {
        last.withLock { last in
            if let last, last.duration(to: now) < pause { return false }
            last = now
            return true
        }
    }
}

extension BigQueryEngine {
    private static func ago(_ age: Duration) -> String {
        "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL \(Int(age / .seconds(1))) SECOND)"
    }

    /// Reads the outbox `raw._landings`.
    public func unpublishedLandings(
        of topic: String, age: Duration, limit: Int
    ) async throws(WarehouseError) -> [Landing] {
        try await translating { () async throws(BigQueryError) in
            readable(
                "raw._landings", keyed: 1,
                try await rows(
                    """
                    SELECT \(Landing.bigQueryColumns) FROM \(RawStatements.landings)
                    WHERE topic = @p1 AND published_at IS NULL AND landed_at <= \(Self.ago(age))
                    ORDER BY landed_at, id LIMIT \(limit)
                    """, [QueryParameter("p1", .string, .string(topic))]), Landing.init)
        }
    }

    /// Old ones are forgotten once an hour: each time reads the table.
    public func markPublished(_ landings: [Int64], keeping: Duration) async throws(WarehouseError) {
        try await translating { () async throws(BigQueryError) in
            if !landings.isEmpty {
                _ = try await transact(
                    """
                    UPDATE \(RawStatements.landings) SET published_at = CURRENT_TIMESTAMP()
                    WHERE id IN (\(landings.map { BigQueryQuoting.int64($0) }.joined(separator: ", ")))
                    """)
            }
            guard sweep.isDue(every: .seconds(3_600)) else { return }
            _ = try await transact("DELETE FROM \(RawStatements.landings) WHERE published_at < \(Self.ago(keeping))")
        }
    }

    /// How large a value is, counts before it is sent.
    public func unmirroredDeadLetters(
        of topic: String, age: Duration, limit: Int, bytesMax: Int
    ) async throws(WarehouseError) -> [DeadLetter] {
        try await translating { () async throws(BigQueryError) in
            readable(
                "raw._dead_letters", keyed: 3,
                try await rows(
                    """
                    SELECT \(DeadLetter.bigQueryColumns)
                    FROM (SELECT w.*, ROW_NUMBER() OVER (ORDER BY `partition`, `offset`) AS number,
                        SUM(COALESCE(BYTE_LENGTH(value), 0)) OVER (ORDER BY `partition`, `offset`) AS total
                      FROM (SELECT * FROM \(RawStatements.letters)
                        WHERE topic = @p1 AND mirrored_at IS NULL AND failed_at <= \(Self.ago(age))
                        ORDER BY `partition`, `offset` LIMIT \(limit)) AS w) AS p
                    WHERE number = 1 OR total <= \(bytesMax) ORDER BY `partition`, `offset`
                    """, [QueryParameter("p1", .string, .string(topic))]), DeadLetter.init)
        }
    }

    /// Marking one twice changes nothing but the time.
    public func markMirrored(_ letters: [DeadLetter.Position]) async throws(WarehouseError) {
        let topics = Dictionary(grouping: letters, by: \.topic).sorted { $0.key < $1.key }
        try await translating { () async throws(BigQueryError) in
            for (topic, positions) in topics {
                _ = try await transact(
                    """
                    UPDATE \(RawStatements.letters) SET mirrored_at = CURRENT_TIMESTAMP()
                    WHERE topic = \(BigQueryQuoting.string(topic))
                      AND \(RawStatements.isOneOf(positions, "`partition`", "`offset`"))
                    """)
            }
        }
    }
}

extension Landing {
    static let bigQueryColumns = """
        id, topic, raw_table, `rows`, rejected, duplicates, offsets, event_time_min, event_time_max, low_watermark, days,
        landed_at
        """

    /// A row of `bigQueryColumns`; nil when it is none that we wrote.
    init?(_ row: [BigQueryValue]) {
        guard row.count == 12, let id = row[0].int64, let topic = row[1].string, let table = row[2].string,
            let rows = row[3].int64, let rejected = row[4].int64, let duplicates = row[5].int64,
            let offsetText = row[6].string, let days = row[10].string, let landedAt = row[11].timestamp,
            let offsets = try? JSONDecoder().decode([Offsets].self, from: Data(offsetText.utf8))
        else { return nil }
        self.init(
            id: id, topic: topic, table: table, rows: Int(rows), rejected: Int(rejected), duplicates: Int(duplicates),
            offsets: offsets, eventTimeMin: row[7].timestamp, eventTimeMax: row[8].timestamp,
            lowWatermark: row[9].timestamp, days: days.split(separator: ",").map(String.init), landedAt: landedAt)
    }
}
