// RawRedriveScript: what becomes of dead letters that were tried again, in one transaction.
import DataContract

struct RawRedriveScript {
    /// As they were read; another redrive may have had them since.
    let letters: [DeadLetter]
    /// Those that are rows now.
    let landed: [RedriveAttempt.Candidate]
    let contract: Contract
    /// The landing's number, where anything landed.
    let id: Int64
    /// Their rows.
    let rows: TableReference?
    /// Those that failed again, as they are to be.
    let failed: TableReference?

    /// Gives a row when it is done.
    var sql: String {
        let topic = BigQueryQuoting.string(contract.topic.name)
        let names = letters.map {
            BigQueryQuoting.string("\($0.position.partition)/\($0.position.offset)/\($0.attempts)")
        }
        let unchanged = """
            topic = \(topic) AND CONCAT(CAST(`partition` AS STRING), '/', CAST(`offset` AS STRING), '/',
              CAST(attempts AS STRING)) IN (\(names.joined(separator: ", ")))
            """
        var statements = [
            "BEGIN TRANSACTION",
            RawStatements.expect(letters.count, of: RawStatements.letters, where: unchanged),
        ]
        if let rows {
            let batch = RedriveAttempt.batch(of: landed, contract)
            let isLanded = RawStatements.isOneOf(landed.map(\.letter.position), "`partition`", "`offset`")
            statements += [
                "DELETE FROM \(RawStatements.letters) WHERE topic = \(topic) AND \(isLanded)",
                RawStatements.copyRows(of: contract, from: rows),
                RawStatements.note(
                    batch, id: id, rows: BigQueryQuoting.int64(Int64(batch.rows.count)), rejected: "0"),
            ]
        }
        if let failed { statements.append(noteAttempts(failed)) }
        return RawStatements.script(statements + ["COMMIT TRANSACTION", "SELECT 1 AS done"])
    }

    private func noteAttempts(_ stage: TableReference) -> String {
        """
        MERGE INTO \(RawStatements.letters) AS d USING \(RawStatements.name(of: stage)) AS s
        ON d.topic = s.topic AND d.`partition` = s.`partition` AND d.`offset` = s.`offset`
        WHEN MATCHED THEN UPDATE SET reason = s.reason, field = s.field, message = s.message, failed_at = s.failed_at,
          attempts = s.attempts, history = s.history
        """
    }
}
