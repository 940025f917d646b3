// A second reading of a topic: what a table lacks is filled in, or another table gets all of it. The sink's own positions
// are not touched.
import DataContract

extension BigQueryEngine {
    /// What is there is looked for in the transaction that adds what is not.
    public func fill(_ batch: RawBatch) async throws(WarehouseError) -> Int {
        let id = Int64.random(in: 1 ... .max)
        return try await staging(batch) { (rows, letters) async throws(WarehouseError) in
            let script = RawFillScript(batch: batch, id: id, rows: rows, letters: letters).sql
            let found = try await transact(script, batch, orFind: RawFillScript.filled(id))
            return Int(found.first?.first?.int64 ?? 0)
        }
    }

    /// Reads `raw._replays`. What is left of a table that is gone counts for nothing.
    public func replayPositions(
        of topic: String, into table: Contract.TableName
    ) async throws(WarehouseError) -> [Int32: Int64] {
        let name = BigQueryQuoting.string("\(table)")
        return try await translating { () async throws(BigQueryError) in
            guard try await client.table(table.name, in: table.schema) != nil else {
                // No table of ours either, where nothing was ever prepared.
                guard try await client.table(RawSchema.replays, in: RawSchema.dataset) != nil else { return [:] }
                _ = try await transact("DELETE FROM \(RawStatements.replays) WHERE raw_table = \(name)")
                return [:]
            }
            return try Self.positions(
                try await rows(
                    """
                    SELECT `partition`, next_offset FROM \(RawStatements.replays)
                    WHERE raw_table = \(name) AND topic = \(BigQueryQuoting.string(topic))
                    """))
        }
    }

    /// The positions are compared and moved in the transaction of the rows, so that the second of two replays writes nothing.
    public func appendReplayed(_ batch: RawBatch) async throws(WarehouseError) {
        var batch = batch
        batch.deadLetters = []
        let (rowsOnly, id) = (batch, Int64.random(in: 1 ... .max))
        try await staging(rowsOnly) { (rows, _) async throws(WarehouseError) in
            let script = RawReplayScript(batch: rowsOnly, id: id, rows: rows)
            _ = try await transact(script.sql, rowsOnly, orFind: script.moved)
        }
    }
}
