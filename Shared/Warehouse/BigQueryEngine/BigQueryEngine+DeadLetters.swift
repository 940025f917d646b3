// Dead letters: looked at by filters, and tried again.
import DataContract
import Foundation

extension BigQueryEngine {
    /// Reads `raw._dead_letters`.
    public func deadLetters(_ filter: DeadLetterFilter, limit: Int) async throws(WarehouseError) -> [DeadLetter] {
        try await letters(RawCondition(filter), "failed_at DESC, topic, `partition`, `offset` DESC", limit)
    }

    /// Reads `raw._dead_letters`.
    public func deadLetters(
        _ filter: DeadLetterFilter, after: DeadLetter.Position?, limit: Int
    ) async throws(WarehouseError) -> [DeadLetter] {
        var condition = RawCondition(filter)
        if let after { condition.follow(after) }
        return try await letters(condition, "topic, `partition`, `offset`", limit)
    }

    private func letters(
        _ condition: RawCondition, _ order: String, _ limit: Int
    ) async throws(WarehouseError) -> [DeadLetter] {
        try await translating { () async throws(BigQueryError) in
            readable(
                "raw._dead_letters", keyed: 3,
                try await rows(
                    """
                    SELECT \(DeadLetter.bigQueryColumns) FROM \(RawStatements.letters) WHERE \(condition.sql)
                    ORDER BY \(order) LIMIT \(limit)
                    """, condition.parameters), DeadLetter.init)
        }
    }

    /// How often a page is read anew because others had letters of it in hand.
    private static let readingsMax = 20

    /// Rows, the letters' end and the landing in one transaction, which does nothing when another redrive has had one of the
    /// letters since they were read: then those that are left are read again.
    public func redrive(
        _ filter: DeadLetterFilter, under contract: Contract, after: DeadLetter.Position?, limit: Int
    ) async throws(WarehouseError) -> RedrivenPage {
        var filter = filter
        filter.topic = contract.topic.name
        for _ in 0..<Self.readingsMax {
            let letters = try await deadLetters(filter, after: after, limit: limit)
            guard let last = letters.last else { return RedrivenPage() }
            guard var page = try await redrive(letters, contract) else { continue }
            page.last = last.position
            return page
        }
        throw .busy(reason: "others try the dead letters of \(contract.topic.name) again at the same time")
    }

    /// - Returns: nil when letters are not as they were read any more.
    private func redrive(
        _ letters: [DeadLetter], _ contract: Contract
    ) async throws(WarehouseError) -> RedrivenPage? {
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let attempt = RedriveAttempt(letters, under: contract, at: now)
        let name = Self.stageName()
        let rows = client.reference("rows_\(name)", in: RawSchema.staging)
        let failed = client.reference("letters_\(name)", in: RawSchema.staging)
        return try await dropping([rows, failed]) { () async throws(WarehouseError) in
            let taken = try await taken(attempt.candidates[...], contract, into: rows)
            if !taken.refused.isEmpty, !taken.landed.isEmpty {
                try await load(RedriveAttempt.rows(of: taken.landed), of: contract, into: rows)
            }
            var page = RedrivenPage()
            page.landed = taken.landed.count
            for (letter, rejection) in attempt.failed + taken.refused {
                page.failed.append(letter.failing(again: rejection, at: now))
            }
            if !page.failed.isEmpty { try await load(page.failed, into: failed) }
            let id = Int64.random(in: 1 ... .max)
            let script = RawRedriveScript(
                letters: letters, landed: taken.landed, contract: contract, id: id,
                rows: taken.landed.isEmpty ? nil : rows, failed: page.failed.isEmpty ? nil : failed)
            do throws(BigQueryError) {
                _ = try await transact(
                    script.sql, orFind: taken.landed.isEmpty ? nil : RawLandingScript.landing(id))
            } catch {
                guard error.fencedPartitions == nil else { return nil }
                throw WarehouseError(raw: error)
            }
            return page
        }
    }

    /// Which rows BigQuery takes: where it refuses one, the two halves apart, until it stands alone.
    private func taken(
        _ candidates: ArraySlice<RedriveAttempt.Candidate>, _ contract: Contract, into stage: TableReference
    ) async throws(WarehouseError) -> (
        landed: [RedriveAttempt.Candidate], refused: [(letter: DeadLetter, rejection: Rejection)]
    ) {
        guard let first = candidates.first else { return ([], []) }
        do throws(WarehouseError) {
            try await load(RedriveAttempt.rows(of: candidates), of: contract, into: stage)
            return (Array(candidates), [])
        } catch {
            guard case .rowRefused(_, let column, let reason) = error else { throw error }
            guard candidates.count > 1 else {
                return ([], [(first.letter, RedriveAttempt.refusal(column, reason, contract))])
            }
        }
        let middle = candidates.startIndex + candidates.count / 2
        let one = try await taken(candidates[..<middle], contract, into: stage)
        let two = try await taken(candidates[middle...], contract, into: stage)
        return (one.landed + two.landed, one.refused + two.refused)
    }
}

/// Which dead letters, with the values apart from the text.
struct RawCondition {
    private(set) var sql = "TRUE"
    private(set) var parameters: [QueryParameter] = []

    init(_ filter: DeadLetterFilter) {
        and("topic =", .string, filter.topic.map { .string($0) })
        and("raw_table =", .string, filter.table.map { .string($0) })
        and("`partition` =", .int64, filter.partition.map { .int64(Int64($0)) })
        and("`offset` >=", .int64, filter.offsets.map { .int64($0.lowerBound) })
        and("`offset` <=", .int64, filter.offsets.map { .int64($0.upperBound) })
        and("reason =", .string, filter.reason.map { .string($0) })
        and("field =", .string, filter.field.map { .string($0) })
        and("failed_at >=", .timestamp, filter.failedFrom.map { .timestamp($0) })
        and("failed_at <", .timestamp, filter.failedTo.map { .timestamp($0) })
    }

    /// Those behind a position.
    mutating func follow(_ last: DeadLetter.Position) {
        let (topic, partition, offset) = (
            name(.string, .string(last.topic)), name(.int64, .int64(Int64(last.partition))),
            name(.int64, .int64(last.offset))
        )
        sql += """
             AND (topic > \(topic) OR topic = \(topic) AND (`partition` > \(partition)
              OR `partition` = \(partition) AND `offset` > \(offset)))
            """
    }

    private mutating func and(_ comparison: String, _ type: BigQueryType, _ value: BigQueryValue?) {
        guard let value else { return }
        sql += " AND \(comparison) \(name(type, value))"
    }

    private mutating func name(_ type: BigQueryType, _ value: BigQueryValue) -> String {
        let name = "p\(parameters.count + 1)"
        parameters.append(QueryParameter(name, type, value))
        return "@\(name)"
    }
}
