// Dead letters: looked at by filters, and tried again.
import DataContract
import Foundation
import Postgres

/// What became of a page of dead letters that was tried again.
public struct RedrivenPage: Sendable, Equatable {
    /// Rows written.
    public var landed = 0
    /// Letters that met the contract and were dropped as repetitions.
    public var duplicates = 0
    /// Letters that failed again, as they are now.
    public var failed: [DeadLetter] = []
    /// The last letter of the page; nil when there was none.
    public var last: DeadLetter.Position?
}

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
        let decoder = RecordDecoder(contract)
        var candidates: [Candidate] = []
        var failed: [(letter: DeadLetter, rejection: Rejection)] = []
        for letter in letters {
            var rows = RawRows(capacity: 1_024)
            let position = MessagePosition(
                partition: letter.position.partition, offset: letter.position.offset, ingestedAt: now)
            switch Self.decode(letter, at: position, with: decoder, into: &rows) {
            case .row(let time): candidates.append(Candidate(letter: letter, row: rows, eventTime: time))
            case .rejected(let rejection): failed.append((letter, rejection))
            }
        }
        let outcome = try await insert(candidates[...], contract, connection)
        failed += outcome.refused
        if !outcome.landed.isEmpty {
            try await forget(outcome.landed.map(\.letter.position), connection)
            _ = try await note(Self.landing(outcome.landed, contract), rows: outcome.rows, connection)
        }
        var page = RedrivenPage()
        page.landed = outcome.rows
        page.duplicates = outcome.landed.count - outcome.rows
        for (letter, rejection) in failed { page.failed.append(letter.failing(again: rejection, at: now)) }
        for letter in page.failed { try await noteAttempt(letter, connection) }
        page.last = letters.last?.position
        return page
    }

    private static func decode(
        _ letter: DeadLetter, at position: MessagePosition, with decoder: RecordDecoder, into rows: inout RawRows
    ) -> DecodeOutcome {
        guard let value = letter.value else { return decoder.decode(nil, at: position, into: &rows) }
        return value.withUnsafeBytes { decoder.decode($0, at: position, into: &rows) }
    }

    private struct Candidate {
        let letter: DeadLetter
        let row: RawRows
        let eventTime: Int64?
    }

    private struct Outcome {
        var landed: [Candidate] = []
        var rows = 0
        var refused: [(letter: DeadLetter, rejection: Rejection)] = []
    }

    /// Writes the rows; where the warehouse refuses one, the two halves apart, until it stands alone.
    private func insert(
        _ candidates: ArraySlice<Candidate>, _ contract: Contract, _ connection: PostgresConnection
    ) async throws -> Outcome {
        guard let first = candidates.first else { return Outcome() }
        var rows = RawRows(capacity: 1 << 16)
        for candidate in candidates { rows.append(candidate.row) }
        try await connection.query("SAVEPOINT part")
        do {
            let count = try await insert(rows, of: contract, connection)
            try await connection.query("RELEASE SAVEPOINT part")
            return Outcome(landed: Array(candidates), rows: count)
        } catch WarehouseError.rowRefused(_, let column, let reason) {
            try await connection.query("ROLLBACK TO SAVEPOINT part")
            guard candidates.count > 1 else {
                let rejection = Rejection(
                    .refusedByWarehouse, field: column.flatMap { contract.property(ofColumn: $0) }, message: reason)
                return Outcome(refused: [(first.letter, rejection)])
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

    /// What `data.landed` says of rows that came late: neighbouring offsets as one range.
    private static func landing(_ landed: [Candidate], _ contract: Contract) -> RawBatch {
        var sources: [RawBatch.Source] = []
        var times = EventTimeRange()
        for candidate in landed {
            let (partition, offset) = (candidate.letter.position.partition, candidate.letter.position.offset)
            let last = sources.last.flatMap { $0.partition == partition && $0.next == offset ? $0 : nil }
            if last != nil { sources.removeLast() }
            sources.append(
                .init(partition: partition, expected: nil, first: last?.first ?? offset, next: offset + 1))
            if let time = candidate.eventTime { times.insert(time) }
        }
        var rows = RawRows(capacity: 1 << 10)
        for candidate in landed { rows.append(candidate.row) }
        return RawBatch(
            contract: contract, rows: rows, deadLetters: [], sources: sources,
            bytes: landed.reduce(0) { $0 + ($1.letter.value?.count ?? 0) }, eventTimes: times)
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

extension DeadLetter {
    /// The letter after another attempt; the newest twenty before it are kept.
    func failing(again rejection: Rejection, at time: Int64) -> DeadLetter {
        let before = Attempt(reason: reason, field: field, message: message, failedAt: failedAt)
        return DeadLetter(
            position: position, table: table, reason: rejection.reason.rawValue, field: rejection.field,
            message: rejection.message, key: key, value: value, headers: headers, timestamp: timestamp,
            failedAt: time, attempts: attempts + 1, history: (history + [before]).suffix(20))
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

extension Contract {
    /// The name of the field that lands in a column.
    func property(ofColumn column: String) -> String? { properties.first { $0.column == column }?.name }
}
