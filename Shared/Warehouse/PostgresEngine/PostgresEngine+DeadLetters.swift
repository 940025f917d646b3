// Dead letters: looked at by filters, and tried again.
import DataContract
import Foundation
import Postgres

extension PostgresEngine {
    /// Reads `raw._dead_letters`.
    public func deadLetters(_ filter: DeadLetterFilter, limit: Int) async throws(WarehouseError) -> [DeadLetter] {
        try await translating {
            readable(
                "raw._dead_letters", keyed: 3,
                try await pool.query(
                    """
                    \(sql: Self.letterColumns) WHERE \(filter.condition)
                    ORDER BY failed_at DESC, topic, partition, "offset" DESC LIMIT \(limit)::bigint
                    """
                ), DeadLetter.init)
        }
    }

    /// Reads `raw._dead_letters` by its primary key.
    public func deadLetters(
        _ filter: DeadLetterFilter, after: DeadLetter.Position?, limit: Int
    ) async throws(WarehouseError) -> [DeadLetter] {
        try await translating {
            let rows = try await pool.query(Self.page(filter, after: after, limit: limit))
            return readable("raw._dead_letters", keyed: 3, rows, DeadLetter.init)
        }
    }

    /// Rows, the letters' end and the landing in one transaction: killed at any moment, a letter is either still there or
    /// a row.
    public func redrive(
        _ filter: DeadLetterFilter, under contract: Contract, after: DeadLetter.Position?, limit: Int
    ) async throws(WarehouseError) -> RedrivenPage {
        try await translating {
            var filter = filter
            filter.topic = contract.topic.name
            var query = Self.page(filter, after: after, limit: limit)
            query += " FOR UPDATE SKIP LOCKED"
            let chosen = query
            return try await pool.withTransaction { connection in
                let rows = try await connection.query(chosen)
                let letters = readable("raw._dead_letters", keyed: 3, rows, DeadLetter.init)
                guard !letters.isEmpty else { return RedrivenPage() }
                return try await redrive(letters, contract, connection)
            }
        }
    }

    private func redrive(
        _ letters: [DeadLetter], _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> RedrivenPage {
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let attempt = RedriveAttempt(letters, under: contract, at: now)
        var failed = attempt.failed
        let outcome = try await insert(attempt.candidates[...], contract, connection)
        failed += outcome.refused
        if !outcome.landed.isEmpty {
            try await forget(outcome.landed.map(\.letter.position), connection)
            _ = try await note(RedriveAttempt.batch(of: outcome.landed, contract), rows: outcome.rows, connection)
        }
        var page = RedrivenPage()
        page.landed = outcome.rows
        page.duplicates = outcome.landed.count - outcome.rows
        for (letter, rejection) in failed { page.failed.append(letter.failing(again: rejection, at: now)) }
        for letter in page.failed { try await noteAttempt(letter, connection) }
        page.last = letters.last?.position
        return page
    }

    private struct Outcome {
        var landed: [RedriveAttempt.Candidate] = []
        var rows = 0
        var refused: [(letter: DeadLetter, rejection: Rejection)] = []
    }

    /// Writes the rows; where the warehouse refuses one, the two halves apart, until it stands alone.
    private func insert(
        _ candidates: ArraySlice<RedriveAttempt.Candidate>, _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> Outcome {
        guard let first = candidates.first else { return Outcome() }
        let rows = RedriveAttempt.rows(of: candidates)
        try await connection.query("SAVEPOINT part")
        do {
            let count = try await insert(rows, of: contract, connection)
            try await connection.query("RELEASE SAVEPOINT part")
            return Outcome(landed: Array(candidates), rows: count)
        } catch WarehouseError.rowRefused(_, let column, let reason) {
            try await connection.query("ROLLBACK TO SAVEPOINT part")
            guard candidates.count > 1 else {
                return Outcome(refused: [(first.letter, RedriveAttempt.refusal(column, reason, contract))])
            }
        }
        let middle = candidates.startIndex + candidates.count / 2
        var outcome = try await insert(candidates[..<middle], contract, connection)
        let rest = try await insert(candidates[middle...], contract, connection)
        outcome.landed += rest.landed
        outcome.rows += rest.rows
        outcome.refused += rest.refused
        return outcome
    }

    private func forget(_ positions: [DeadLetter.Position], _ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            DELETE FROM raw._dead_letters d
            USING unnest(\(positions.map(\.topic))::text[], \(positions.map(\.partition))::integer[],
              \(positions.map(\.offset))::bigint[]) AS s (topic, partition, "offset")
            WHERE d.topic = s.topic AND d.partition = s.partition AND d."offset" = s."offset"
            """)
    }

    private func noteAttempt(_ letter: DeadLetter, _ connection: PostgresConnection) async throws {
        let at = letter.position
        try await connection.query(
            """
            UPDATE raw._dead_letters SET reason = \(letter.reason), field = \(letter.field), message = \(letter.message),
              failed_at = \(PostgresTimestamp(microseconds: letter.failedAt)), attempts = \(letter.attempts),
              history = \(try PostgresJSON(encoding: letter.history))
            WHERE topic = \(at.topic) AND partition = \(at.partition) AND "offset" = \(at.offset)
            """)
    }

    private static func page(_ filter: DeadLetterFilter, after: DeadLetter.Position?, limit: Int) -> PostgresQuery {
        var query: PostgresQuery = "\(sql: letterColumns) WHERE \(filter.condition)"
        if let after {
            query += """
                 AND (topic, partition, "offset") > (\(after.topic)::text, \(after.partition)::integer, \(after.offset)::bigint)
                """
        }
        query += " ORDER BY topic, partition, \"offset\" LIMIT \(limit)::bigint"
        return query
    }
}

extension DeadLetterFilter {
    /// Over the columns of `raw._dead_letters`.
    var condition: PostgresQuery {
        var all: PostgresQuery = "true"
        func and(_ condition: PostgresQuery) { all += condition }
        if let topic { and(" AND topic = \(topic)") }
        if let table { and(" AND raw_table = \(table)") }
        if let partition { and(" AND partition = \(partition)") }
        if let offsets { and(" AND \"offset\" BETWEEN \(offsets.lowerBound) AND \(offsets.upperBound)") }
        if let reason { and(" AND reason = \(reason)") }
        if let field { and(" AND field = \(field)") }
        if let failedFrom { and(" AND failed_at >= \(PostgresTimestamp(microseconds: failedFrom))") }
        if let failedTo { and(" AND failed_at < \(PostgresTimestamp(microseconds: failedTo))") }
        return all
    }
}
