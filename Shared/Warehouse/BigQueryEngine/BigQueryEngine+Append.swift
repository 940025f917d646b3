// Appending exactly once: rows and dead letters are loaded into tables of the batch's own, and one transaction, which begins where
// the last one of each partition ended, or does nothing, copies them and moves the positions.
import DataContract
import Foundation

extension BigQueryEngine {
    /// When the table turns out to be another than the contract's (a column came meanwhile), it is mended and the whole tried
    /// again.
    public func append(_ batch: RawBatch) async throws(WarehouseError) -> Landing {
        do throws(WarehouseError) {
            return try await appendOnce(batch)
        } catch {
            guard try await mend(batch.contract, after: error) else { throw error }
        }
        return try await appendOnce(batch)
    }

    /// - Returns: Whether the table was mended, and the batch is worth another attempt.
    private func mend(_ contract: Contract, after error: WarehouseError) async throws(WarehouseError) -> Bool {
        switch error {
        case .invalidStatement, .tableMissing: break
        default: return false
        }
        guard let plan = try await planRawTables(for: [contract]).first, !plan.isDone else { return false }
        guard plan.steps != [.create] else { throw .tableMissing(plan.table) }
        client.logger.warning(
            "raw table is not as its contract says", metadata: ["table": "\(plan.table)", "error": "\(error)"])
        _ = try await prepareRawTables(for: [contract], allowingRewrite: false)
        return true
    }

    private func appendOnce(_ batch: RawBatch) async throws(WarehouseError) -> Landing {
        // Between whole numbers of 63 bits, two that are drawn are not the same one.
        let id = Int64.random(in: 1 ... .max)
        return try await staging(batch) { (rows, letters) async throws(WarehouseError) in
            let script = RawLandingScript(batch: batch, id: id, rows: rows, letters: letters).sql
            let row = try await transact(script, batch, orFind: RawLandingScript.landing(id)).first ?? []
            guard row.count == 3, let landedAt = row[1].timestamp else {
                throw .failed(reason: "a landing does not say when it was")
            }
            return Landing(
                id: id, topic: batch.contract.topic.name, table: "\(batch.contract.table)", rows: batch.rows.count,
                rejected: batch.deadLetters.count, duplicates: 0,
                offsets: batch.sources.map { Landing.Offsets(partition: $0.partition, first: $0.first, next: $0.next) },
                eventTimeMin: batch.eventTimes.least, eventTimeMax: batch.eventTimes.greatest,
                lowWatermark: row[0].timestamp, days: batch.days, landedAt: landedAt)
        }
    }

    // MARK: On their way

    /// Runs `body` while a batch's rows and dead letters are in tables of their own; nil where there are none.
    func staging<R: Sendable>(
        _ batch: RawBatch,
        _ body: (_ rows: TableReference?, _ letters: TableReference?) async throws(WarehouseError) -> R
    ) async throws(WarehouseError) -> R {
        let name = Self.stageName()
        let rows = batch.rows.count > 0 ? client.reference("rows_\(name)", in: RawSchema.staging) : nil
        let letters = batch.deadLetters.isEmpty ? nil : client.reference("letters_\(name)", in: RawSchema.staging)
        return try await dropping([rows, letters].compactMap { $0 }) { () async throws(WarehouseError) in
            if let rows { try await load(batch.rows, of: batch.contract, into: rows) }
            if let letters { try await load(batch.deadLetters, into: letters) }
            return try await body(rows, letters)
        }
    }

    /// A name that no other staging table has.
    static func stageName() -> String { UUID().uuidString.lowercased().replacing("-", with: "") }

    /// Runs `body`, and drops staging tables afterwards. They go by themselves after an hour, too; until then they only take room.
    func dropping<R: Sendable>(
        _ stages: [TableReference], _ body: () async throws(WarehouseError) -> R
    ) async throws(WarehouseError) -> R {
        let outcome: Result<R, WarehouseError>
        do throws(WarehouseError) {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        // A new task, as the one that is here may have been cancelled.
        await Task {
            for stage in stages {
                do throws(BigQueryError) {
                    try await client.deleteTable(stage.tableId, in: stage.datasetId)
                } catch {
                    client.logger.warning(
                        "staging table stays for an hour", metadata: ["table": "\(stage.tableId)", "error": "\(error)"])
                }
            }
        }.value
        return try outcome.get()
    }

    /// Puts rows in place of what is in a staging table.
    /// - Throws: `.rowRefused` when BigQuery does not take one of them; it does not say which.
    func load(_ rows: RawRows, of contract: Contract, into stage: TableReference) async throws(WarehouseError) {
        let fields = contract.columns.compactMap { RawSchema.field($0) }
        try await load(RawRowsJSON.lines(rows, contract.columns), into: stage, fields)
    }

    /// Puts dead letters in place of what is in a staging table.
    func load(_ letters: [DeadLetter], into stage: TableReference) async throws(WarehouseError) {
        var lines: [UInt8] = []
        for letter in letters {
            lines += try await translating { () throws(BigQueryError) in try BigQueryClient.json(LetterRow(letter)) }
            lines.append(UInt8(ascii: "\n"))
        }
        try await load(lines, into: stage, RawSchema.stagedLetterFields)
    }

    private func load(
        _ lines: [UInt8], into stage: TableReference, _ fields: [TableFieldSchema]
    ) async throws(WarehouseError) {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            let failure: BigQueryError
            do throws(BigQueryError) {
                return try await client.load(lines, into: stage, fields)
            } catch {
                failure = error
            }
            if failure.origin == .job, failure.reason == "invalid" {
                throw .rowRefused(row: nil, column: nil, reason: failure.message)
            }
            // A job that failed for a reason that passes has loaded nothing; another one replaces what is there.
            guard failure.origin == .job, let delay = client.delay(after: attempt, failure, since: start) else {
                throw WarehouseError(raw: failure)
            }
            try await translating { () async throws(BigQueryError) in try await client.wait(delay) }
            attempt += 1
        }
    }

    // MARK: Transactions

    /// Runs a script that is one transaction, and ends with a query, until it has committed or cannot.
    /// - Parameter found: Gives rows like the script's own when it has committed.
    /// - Throws: `.fenced` when it ended itself because partitions of `batch` are elsewhere; `.connectionLost` when it is not known
    ///   what became of it.
    func transact(
        _ script: String, _ batch: RawBatch, orFind found: String
    ) async throws(WarehouseError) -> [[BigQueryValue]] {
        do throws(BigQueryError) {
            return try await transact(script, orFind: found)
        } catch {
            if let partitions = error.fencedPartitions {
                throw .fenced(topic: batch.contract.topic.name, partitions: partitions)
            }
            throw WarehouseError(raw: error)
        }
    }

    /// The same; a script that ended itself throws its own error.
    func transact(
        _ script: String, orFind found: String? = nil
    ) async throws(BigQueryError) -> [[BigQueryValue]] {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            let failure: BigQueryError
            do throws(BigQueryError) {
                return try await rows(script)
            } catch {
                failure = error
            }
            guard failure.origin == .job, failure.fencedPartitions == nil else { throw failure }
            if let found {
                // The job failed; that it did so after its COMMIT is unlikely, and not impossible.
                do throws(BigQueryError) {
                    let result = try await rows(found)
                    if !result.isEmpty { return result }
                } catch {
                    throw BigQueryError(origin: .uncertain, message: error.message)
                }
            }
            let again = failure.isConflict ? failure.asPassing : failure
            guard let delay = client.delay(after: attempt, again, since: start) else { throw failure }
            try await client.wait(delay)
            attempt += 1
        }
    }
}

extension BigQueryError {
    /// Whether a transaction or a statement was cancelled because another one changed the same rows: nothing of it was done.
    var isConflict: Bool { message.contains("due to concurrent update") }

    /// The same, as one that passes.
    fileprivate var asPassing: BigQueryError {
        BigQueryError(origin: .job, reason: "jobBackendError", message: message)
    }

    /// The partitions that a script names when it ends itself, ascending; nil when it did not.
    var fencedPartitions: [Int32]? {
        guard let mark = message.range(of: RawStatements.fence) else { return nil }
        let list = message[mark.upperBound...].prefix { $0.isNumber || $0 == "," }
        return list.split(separator: ",").compactMap { Int32($0) }.sorted()
    }
}
