// Raw tables: made from contracts, widened with them, never narrowed.
import DataContract

extension BigQueryEngine {
    /// Makes the bookkeeping tables and each contract's table; adds columns that a contract has gained. Any number may do it
    /// at once, and it may be done again: nothing is made twice.
    /// - Returns: What was done, a line each.
    /// - Throws: `.incompatibleTable`; tables of contracts before it are done.
    func prepareRawTables(for contracts: [Contract]) async throws(WarehouseError) -> [String] {
        do throws(BigQueryError) {
            try await client.createDataset(RawSchema.dataset)
            try await client.createDataset(RawSchema.staging, tablesKeptFor: .seconds(3_600))
            for (name, fields) in [
                (RawSchema.positions, RawSchema.positionFields), (RawSchema.letters, RawSchema.letterFields),
                (RawSchema.landings, RawSchema.landingFields),
            ] {
                let table = client.reference(name, in: RawSchema.dataset)
                try await client.create(Table(tableReference: table, schema: TableSchema(fields: fields)))
            }
            _ = try await client.query(JobQuery(Self.guardRow))
        } catch {
            throw WarehouseError(error)
        }
        var done: [String] = []
        for contract in contracts { done += try await prepare(contract) }
        return done
    }

    /// Two of it, made at the same time, do what one does.
    private static let guardRow = """
        INSERT INTO \(BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.positions))
          (topic, `partition`, next_offset, updated_at)
        SELECT topic, 0, 0, CURRENT_TIMESTAMP() FROM (SELECT \(BigQueryQuoting.string(RawSchema.guardTopic)) AS topic) AS g
        WHERE NOT EXISTS (SELECT 1 FROM \(BigQueryQuoting.identifier(RawSchema.dataset, RawSchema.positions)) AS o
          WHERE o.topic = g.topic)
        """

    private func prepare(_ contract: Contract) async throws(WarehouseError) -> [String] {
        let name = contract.table
        let new = RawTableChange(contract, present: contract.columns.compactMap { RawSchema.field($0) })
        guard new.differences.isEmpty, contract.uniqueWindow == nil else {
            throw .incompatibleTable(
                table: "\(name)",
                differences: new.differences
                    + (contract.uniqueWindow == nil ? [] : ["repetitions are not dropped on BigQuery yet"]))
        }
        do throws(BigQueryError) {
            try await client.createDataset(name.schema)
            if try await client.create(table(of: contract, new.fields)) { return ["created \(name)"] }
            guard let present = try await client.table(name.name, in: name.schema) else { return [] }
            let change = RawTableChange(contract, present: present.schema?.fields ?? [])
            guard change.differences.isEmpty else {
                throw BigQueryError(
                    origin: .call(status: 409), reason: Self.incompatible,
                    message: change.differences.joined(separator: "\n"))
            }
            if !change.steps.isEmpty {
                try await client.setSchema(TableSchema(fields: change.fields), of: present.tableReference)
            }
            return change.steps.map { "\(name): \($0)" }
        } catch {
            guard error.reason == Self.incompatible else { throw WarehouseError(error) }
            throw .incompatibleTable(
                table: "\(name)", differences: error.message.split(separator: "\n").map(String.init))
        }
    }

    private static let incompatible = "millraceIncompatible"

    /// A partition for each day on which rows land, which goes as a whole when it is old enough.
    private func table(of contract: Contract, _ fields: [TableFieldSchema]) -> Table {
        Table(
            tableReference: client.reference(contract.table.name, in: contract.table.schema),
            description: contract.tableDescription, schema: TableSchema(fields: fields),
            timePartitioning: Table.TimePartitioning(
                type: "DAY", field: "_ingested_at",
                expirationMs: contract.rowRetention.map { "\(Int64($0 / .milliseconds(1)))" }),
            clustering: contract.eventTimeProperty.map { Table.Clustering(fields: [$0.column]) })
    }
}
