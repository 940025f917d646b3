// Appending exactly once: rows and dead letters are loaded into tables of the batch's own, and one transaction, which begins where
// the last one of each partition ended, or does nothing, copies them and moves the positions.
import DataContract
import Foundation

extension BigQueryEngine {
    /// Where the next batch of each partition begins.
    func sinkPositions(of topic: String) async throws(WarehouseError) -> [Int32: Int64] {
        let table = BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.positions)
        let query = JobQuery(
            "SELECT `partition`, next_offset FROM \(table) WHERE topic = @p1",
            parameters: [QueryParameter("p1", .string, .string(topic))])
        do throws(BigQueryError) {
            var positions: [Int32: Int64] = [:]
            var rows = try await client.query(query).makeAsyncIterator()
            while let row = try await rows.next() {
                guard case .int64(let partition) = row[0], case .int64(let next) = row[1],
                    let partition = Int32(exactly: partition)
                else { throw BigQueryError(origin: .unreadable, message: "a position of \(topic) is no number") }
                positions[partition] = next
            }
            return positions
        } catch {
            throw error.reason == "notFound" ? .tableMissing("raw._sink_offsets") : WarehouseError(error)
        }
    }

    /// Writes a batch: its rows, its dead letters, the new positions and the landing, all of it or nothing.
    /// - Throws: `.fenced`, `.rowRefused`, `.connectionLost` (whether it took effect is not known: read the positions).
    func append(_ batch: RawBatch) async throws(WarehouseError) -> Landing {
        let name = UUID().uuidString.lowercased().replacing("-", with: "")
        let rows = batch.rows.count > 0 ? client.reference("rows_\(name)", in: RawSchema.staging) : nil
        let letters = batch.deadLetters.isEmpty ? nil : client.reference("letters_\(name)", in: RawSchema.staging)
        let outcome: Result<Landing, WarehouseError>
        do throws(WarehouseError) {
            try await stage(batch, rows: rows, letters: letters)
            outcome = .success(try await land(batch, rows: rows, letters: letters))
        } catch {
            outcome = .failure(error)
        }
        await drop([rows, letters].compactMap { $0 })
        return try outcome.get()
    }

    private func stage(
        _ batch: RawBatch, rows: TableReference?, letters: TableReference?
    ) async throws(WarehouseError) {
        do throws(BigQueryError) {
            if let rows {
                let fields = batch.contract.columns.compactMap { RawSchema.field($0) }
                try await client.load(RawRowsJSON.lines(batch.rows, batch.contract.columns), into: rows, fields)
            }
            if let letters {
                var lines: [UInt8] = []
                for letter in batch.deadLetters {
                    lines += try BigQueryClient.json(LetterRow(letter)) + [UInt8(ascii: "\n")]
                }
                try await client.load(lines, into: letters, RawSchema.stagedLetterFields)
            }
        } catch {
            guard error.origin == .job, error.reason == "invalid" else { throw WarehouseError(error) }
            throw .rowRefused(row: nil, column: nil, reason: error.message)
        }
    }

    private func land(
        _ batch: RawBatch, rows: TableReference?, letters: TableReference?
    ) async throws(WarehouseError) -> Landing {
        // Between whole numbers of 63 bits, two that are drawn are not the same one.
        let id = Int64.random(in: 1 ... .max)
        let script = RawLandingScript(batch, id: id, rows: rows, letters: letters).sql
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            let failure: BigQueryError
            do throws(BigQueryError) {
                return try await landing(id, of: batch, client.query(JobQuery(script)))
            } catch {
                failure = error
            }
            if let fenced = fence(failure, batch) { throw fenced }
            guard failure.origin == .job else { throw WarehouseError(failure) }
            do throws(BigQueryError) {
                // The job failed; that it did so after its COMMIT is unlikely, and not impossible.
                return try await landing(id, of: batch, client.query(JobQuery(RawLandingScript.landing(id))))
            } catch {
                guard error == .noLanding else { throw .connectionLost(reason: error.message) }
            }
            let again = failure.isConflict ? failure.asPassing : failure
            guard let delay = client.delay(after: attempt, again, since: start) else { throw WarehouseError(failure) }
            do throws(BigQueryError) { try await client.wait(delay) } catch { throw WarehouseError(error) }
            attempt += 1
        }
    }

    private func landing(_ id: Int64, of batch: RawBatch, _ rows: QueryRows) async throws(BigQueryError) -> Landing {
        var rows = rows.makeAsyncIterator()
        guard let row = try await rows.next() else { throw .noLanding }
        guard row.count == 2, case .timestamp(let landedAt) = row[1] else {
            throw BigQueryError(origin: .unreadable, message: "a landing says not when it was")
        }
        let lowWatermark: Int64? = if case .timestamp(let time) = row[0] { time } else { nil }
        return Landing(
            id: id, topic: batch.contract.topic.name, table: "\(batch.contract.table)", rows: batch.rows.count,
            rejected: batch.deadLetters.count, duplicates: 0,
            offsets: batch.sources.map { Landing.Offsets(partition: $0.partition, first: $0.first, next: $0.next) },
            eventTimeMin: batch.eventTimes.least, eventTimeMax: batch.eventTimes.greatest, lowWatermark: lowWatermark,
            days: batch.days, landedAt: landedAt)
    }

    /// What the script says when a partition is elsewhere than its sink believes.
    private func fence(_ error: BigQueryError, _ batch: RawBatch) -> WarehouseError? {
        guard let mark = error.message.range(of: RawLandingScript.fence) else { return nil }
        let list = error.message[mark.upperBound...].prefix { $0.isNumber || $0 == "," }
        return .fenced(
            topic: batch.contract.topic.name, partitions: list.split(separator: ",").compactMap { Int32($0) }.sorted())
    }

    /// Staging tables go by themselves after an hour; until then they only take room.
    private func drop(_ stages: [TableReference]) async {
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
    }
}

extension BigQueryError {
    static let noLanding = BigQueryError(origin: .unreadable, message: "the landing is not there")

    /// Whether a transaction was cancelled because another one changed the same rows: nothing of it was done.
    var isConflict: Bool { message.contains("aborted due to concurrent update") }

    /// The same, as one that passes.
    var asPassing: BigQueryError { BigQueryError(origin: .job, reason: "jobBackendError", message: message) }
}

/// A dead letter as a row that is loaded.
private struct LetterRow: Encodable {
    private let topic: String, partition: Int32, offset: Int64, raw_table: String, reason: String, field: String?
    private let message: String, key: String?, value: String?, headers: String, message_time: String?, failed_at: String
    private let attempts: Int, history: String

    private struct Header: Encodable {
        let name: String
        let value: String?
    }

    init(_ letter: DeadLetter) throws(BigQueryError) {
        topic = letter.position.topic
        partition = letter.position.partition
        offset = letter.position.offset
        raw_table = letter.table
        reason = letter.reason
        field = letter.field
        message = letter.message
        key = letter.key.map { Data($0).base64EncodedString() }
        value = letter.value.map { Data($0).base64EncodedString() }
        let headers = letter.headers.map {
            Header(name: $0.name, value: $0.value.map { Data($0).base64EncodedString() })
        }
        self.headers = String(decoding: try BigQueryClient.json(headers), as: UTF8.self)
        message_time = letter.timestamp.map(TimestampText.text)
        failed_at = TimestampText.text(letter.failedAt)
        attempts = letter.attempts
        history = String(decoding: try BigQueryClient.json(letter.history), as: UTF8.self)
    }
}
